"""Hats: who gets one, who is asked to, who hands one over, and who looks for somebody where nobody wears it."""

from incidents import kinds
from playbooks.models import IncidentRole

from .calls import Call, holder_or_next, lead_hears, on_call_for, paged, reminder, told_by_role
from .situation import EMAIL


def _role_news(situation):
    """Whoever gets the hat; and where the lead goes to somebody not qualified for it, whoever speaks for leadership."""
    role = situation.details.get("title") or situation.name_of(situation.details.get("role", ""))
    yield Call(situation.details.get("member"), situation.paging, f"You are {role.lower()} now", needed=True)
    if "lead_below_qualification" in situation.details.get("waived", ()):
        yield from _executive(situation, "The lead is below the qualification for this severity")


def _executive(situation, rule):
    if worn := situation.worn_by(IncidentRole.EXECUTIVE):
        for member in worn:
            yield Call(member, (EMAIL,), rule, needed=True)
        return
    yield from on_call_for(situation, "leadership", rule, (EMAIL,))


def _vacant(situation):
    """First whoever is on call for the role's function, but not who has just put it down; then up the chain."""
    nobody = f"Nobody is {situation.details.get('title', '')}"
    for call in on_call_for(situation, situation.details.get("function"), nobody, situation.paging):
        if call.member != situation.details.get("left"):
            yield call
    yield from told_by_role(situation, situation.paging, f"{nobody}: word")


def _unanswered(situation):
    """The one who was asked, the lead; and when that did not help, whoever is on call for the role's function."""
    yield from reminder(situation)
    rule = "Somebody else was asked and does not answer"
    yield from on_call_for(situation, situation.details.get("function"), rule, situation.paging)


def _declined(situation):
    """A hat that fell vacant is told by the vacancy too; the lead hears who cannot, and at once."""
    by = situation.paging if situation.details.get("worn") else (EMAIL,)
    yield from holder_or_next(situation, IncidentRole.LEAD, by, "Declined roles")


def _seized(situation):
    yield Call(situation.details.get("before_member"), situation.paging, "Your role was taken over", needed=True)
    yield from _role_news(situation)


def _handing_over(situation):
    yield Call(situation.details.get("member"), situation.paging, "Your hand-over has ended", needed=True)
    if situation.details.get("outcome") == "withdrawn":
        yield Call(situation.details.get("to"), (EMAIL,), "A hand-over to you was withdrawn")


CALLS = {
    kinds.ROLE_TAKEN.name: _role_news,
    kinds.ROLE_HANDED_OVER.name: _role_news,
    kinds.ROLE_DECLINED.name: _declined,
    kinds.ROLE_UNANSWERED.name: _unanswered,
    kinds.ROLE_OFFERED.name: paged("member", "You are asked to take a role"),
    kinds.ROLE_VOLUNTEERED.name: lead_hears("Raised hands"),
    kinds.ROLE_OFFER_ENDED.name: lead_hears("Offers without an answer"),
    kinds.ROLE_VACANT.name: _vacant,
    kinds.ROLE_SEIZED.name: _seized,
    kinds.HANDOVER_BEGUN.name: paged("to", "You are to take over a role"),
    kinds.HANDOVER_ENDED.name: _handing_over,
    kinds.LONG_DUTY.name: reminder,
}
