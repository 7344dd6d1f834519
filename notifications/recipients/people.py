"""People: who is called, invited, lent, thanked, or only follows; and who answers for them."""

from incidents import kinds

from .calls import Call, administrators, on_call_for, paged
from .situation import BRIEFING, EMAIL


def _function(situation):
    rule = situation.details.get("rule") or "Asked for by a person"
    yield from on_call_for(situation, situation.details.get("function"), rule, situation.paging)


def _released(situation):
    yield Call(situation.details.get("member"), (EMAIL,), "You worked on it")


def _team(situation):
    for member in situation.details.get("members", ()):
        yield Call(member, (EMAIL,), f"Team {situation.details.get('name', '')} follows", BRIEFING)


def _answered(situation):
    """Whoever invited hears what became of it; at once, when they have to ask somebody else."""
    by = (EMAIL,) if situation.kind == kinds.INVITATION_ACCEPTED.name else situation.paging
    yield Call(situation.details.get("inviter"), by, "You invited them", needed=True)
    if situation.details.get("to_administrators"):
        yield from administrators(situation, by, "Nobody else is on call, so administrators")


def _manager(situation):
    """Whoever answers for somebody: paged where they have to answer, by mail where they are only told."""
    asked = "answer_by" in situation.details
    by = situation.paging if asked else (EMAIL,)
    rule = "Somebody of yours is asked for" if asked else "Somebody of yours was called in"
    for member in situation.details.get("managers", ()):
        yield Call(member, by, rule, needed=asked)


def _requester(situation):
    """Whoever asked for somebody; at once, where they do not get them. Then whoever answers for the person."""
    bad = (kinds.REINFORCEMENT_OBJECTED, kinds.REINFORCEMENT_UNANSWERED, kinds.REINFORCEMENT_REFUSED)
    by = situation.paging if situation.kind in [kind.name for kind in bad] else (EMAIL,)
    yield Call(situation.details.get("requester"), by, "You asked for them", needed=True)
    for member in situation.details.get("managers", ()):
        yield Call(member, (EMAIL,), "Somebody of yours was asked for")


CALLS = {
    kinds.FUNCTION_REQUESTED.name: _function,
    kinds.PARTICIPANT_LEFT.name: _released,
    kinds.PARTICIPANT_RECALLED.name: paged("member", "You are called back"),
    kinds.TEAM_FOLLOWS.name: _team,
    kinds.INVITATION_SENT.name: paged("member", "You are invited"),
    kinds.INVITATION_ACCEPTED.name: _answered,
    kinds.INVITATION_DECLINED.name: _answered,
    kinds.INVITATION_EXPIRED.name: _answered,
    kinds.REINFORCEMENT_ASKED.name: _manager,
    kinds.REINFORCEMENT_TAKEN.name: _manager,
    kinds.REINFORCEMENT_AGREED.name: _requester,
    kinds.REINFORCEMENT_OBJECTED.name: _requester,
    kinds.REINFORCEMENT_UNANSWERED.name: _requester,
    kinds.REINFORCEMENT_GRANTED.name: _requester,
    kinds.REINFORCEMENT_REFUSED.name: _requester,
    kinds.REINFORCEMENT_WITHDRAWN.name: _requester,
    kinds.REINFORCEMENT_LAPSED.name: _requester,
}
