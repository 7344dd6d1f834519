"""Who may do what in an incident. Questions only: no writes, no request.

A verb asks before it acts, and the template asks the same question before it draws the button. Rights come from the
organisation's decision-right matrix. A vacancy never locks anybody out: while nobody holds a right, every responder
may act.

An `incident` is asked who holds what; where everything about it has been read already, its room answers in its place.
"""

from playbooks.models import DecisionClass, IncidentRole
from teams.errors import Refused

from .rights import Rights

# Who can judge whether a promise can be kept.
VOUCHING = (IncidentRole.LEAD, IncidentRole.TECHNICAL_COORDINATOR)
ANSWERING = (IncidentRole.COMMUNICATIONS_LEAD, IncidentRole.SUPPORT_LIAISON, IncidentRole.LEAD)


def require(allowed, sentence, *, code, waiver=None):
    """Let the act through, or refuse it.

    A `waiver` that is not None makes the rule one that a reason lifts; an empty one offers exactly that. Returns the
    reason where it was needed, for the timeline, and an empty string where it was not.
    """
    if allowed:
        return ""
    if not waiver:
        raise Refused(sentence, code=code, waivable=waiver is not None)
    return waiver


def may_declare(membership):
    return membership is None or membership.ended_at is None


def may_respond(membership):
    """Work in an incident: post, take roles, open workstreams. `None` is the system."""
    return membership is None or membership.is_responder


def may_post(membership, incident):
    """Say something in the room and do its work. Who observes or follows does not, until they join; a newcomer joins
    by posting."""
    if membership is None:
        return True
    return membership.is_responder and not incident.is_only_read_by(membership)


def require_responder(membership, sentence="Stakeholders read; ask a responder."):
    require(may_respond(membership), sentence, code="responders_only")


def require_work(membership, incident):
    """Let through who works on it, and who begins to; whoever reads along joins first."""
    require_responder(membership)
    require(
        may_post(membership, incident),
        "You read along. Join the incident first, then do it.",
        code="readers_do_not_post",
    )


def may_administer(membership):
    return membership is None or membership.is_administrator


def may_coordinate(membership, incident):
    """Severity, status, who is involved, hand-over: the incident lead's; while nobody leads, whoever may post may."""
    if membership is None:
        return True
    if not membership.is_responder:
        return False
    holders = incident.holders_by_right(DecisionClass.COORDINATION)
    return membership.pk in holders if holders else may_post(membership, incident)


def may_plan(membership, workstream):
    """What a workstream waits for: its owner's, a technical coordinator's and the lead's; while nobody owns it,
    everybody's."""
    if membership is None or workstream.owner_id in (None, membership.pk):
        return True
    coordinators = workstream.incident.holders_of([IncidentRole.TECHNICAL_COORDINATOR], workstream.domain)
    return membership.pk in coordinators or may_coordinate(membership, workstream.incident)


def may_restrict(membership, workstream):
    """Who knows of a workstream: its owner's, the lead's and the administrators' to say."""
    return (
        membership is None
        or membership.is_administrator
        or workstream.owner_id == membership.pk
        or may_coordinate(membership, workstream.incident)
    )


def require_coordination(membership, incident, act, waiver):
    """Let the lead act, or somebody else with a reason; returns that reason for the timeline."""
    require_responder(membership)
    return require(
        may_coordinate(membership, incident),
        f"Only the incident lead may {act}. Say why to do it anyway.",
        code="coordination_right",
        waiver=waiver,
    )


def require_priority(membership, incident, act, waiver, *, right=None):
    """Let product act, or whoever stands in, or somebody else with a reason.

    Returns by what right it was done and that reason, one of them empty.
    """
    require_responder(membership)
    right = right or Rights(incident).to_decide(DecisionClass.PRIORITY)
    if membership is None or right.admits(membership):
        return ("" if membership is None else right.authority), ""
    sentence = f"Product {act}. {right.sentence} Say why to do it anyway."
    return "", require(False, sentence, code="priority_right", waiver=waiver)


def may_vouch(membership, incident, domain=None):
    """Say whether what is promised can be done: the lead's, and the coordinator's of its domain."""
    if membership is None or not membership.is_responder:
        return membership is None
    holders = incident.holders_of(VOUCHING, domain)
    return membership.pk in holders if holders else may_post(membership, incident)


def may_promise(membership, incident):
    """Speak to customers about what is promised: whoever publishes, decides priorities or leads."""
    if membership is None or not membership.is_responder:
        return membership is None
    holders = incident.holders_by_right(DecisionClass.PUBLISHING, DecisionClass.PRIORITY, DecisionClass.COORDINATION)
    return membership.pk in holders if holders else may_post(membership, incident)


def may_seize(membership, incident, definition):
    """Take a role from its holder: whoever is on call for it, who decides about resources, or an administrator."""
    if membership is None or membership.is_administrator:
        return True
    if not membership.is_responder:
        return False
    if definition.function_id and membership.rotas.filter(function=definition.function_id).exists():
        return True
    return membership.pk in incident.holders_by_right(DecisionClass.RESOURCE)


def may_publish(membership, incident, audience):
    """Technical word comes from every responder; everything above goes through the communications lead."""
    if audience == "technical":
        return may_respond(membership)
    holders = incident.holders_by_right(DecisionClass.PUBLISHING)
    return membership is not None and membership.is_responder and membership.pk in holders


def require_speaking(membership, incident, audience, waiver):
    """Let whoever speaks to this audience act, or somebody else with a reason; returns that reason for the timeline."""
    require_responder(membership)
    waiver = require(
        may_publish(membership, incident, audience),
        "Only the communications lead publishes above the technical tier. Say why to do it anyway.",
        code="publishing_right",
        waiver=waiver,
    )
    if audience == "customers":
        require(
            may_speak_outside(membership),
            "Confirm your e-mail address before you write to customers: open the link we sent you.",
            code="email_unconfirmed",
        )
    return waiver


def may_word(membership, incident, place):
    """What stands where customers read is the communications lead's; what agents say the support liaison's too."""
    if place == "support" and membership is not None and membership.is_responder:
        holders = incident.holders_of([IncidentRole.SUPPORT_LIAISON])
        if membership.pk in holders:
            return True
    return may_publish(membership, incident, "customers")


def may_ask(membership, incident):
    """Whoever may see an incident may ask about it."""
    return membership is not None and membership.ended_at is None and incident.is_visible_to(membership)


def may_answer(membership, incident):
    """Questions are answered by who speaks, who hears the customers, who leads, and the administrators."""
    if membership is None or not membership.is_responder:
        return False
    holders = incident.holders_of(ANSWERING)
    return not holders or membership.pk in holders or membership.is_administrator


def may_report(membership, incident=None):
    """Every member tells what customers see; about an incident, whoever may see it."""
    if membership is None or membership.ended_at is not None:
        return False
    return incident is None or incident.is_visible_to(membership)


def may_sort_reports(membership, incident):
    """What customers see alike is the support liaison's to say, and the lead's; while nobody listens, everybody's."""
    if membership is None or not membership.is_responder:
        return False
    liaisons = incident.holders_of([IncidentRole.SUPPORT_LIAISON])
    return not liaisons or membership.pk in liaisons or may_coordinate(membership, incident)


def may_brief(membership, incident):
    """Leadership hears from whoever leads, or from whoever speaks for the incident."""
    return membership is not None and (
        may_coordinate(membership, incident) or may_publish(membership, incident, "leadership")
    )


def may_speak_outside(membership):
    """Nothing leaves the organisation in the name of somebody whose address is not proven to be theirs."""
    return membership is None or membership.person.has_confirmed_email()


def may_edit(membership, message):
    """One's own words only."""
    return membership is not None and membership.is_responder and message.author_id == membership.pk


def may_delete(membership, message):
    """One's own words, or anybody's for an administrator."""
    return may_edit(membership, message) or (membership is not None and membership.is_administrator)


def efforts_seen_by(membership, incident, efforts):
    """How long each worked is for who leads, the administrators, their managers, and themselves."""
    if may_administer(membership) or membership.pk in incident.holders_of([IncidentRole.LEAD]):
        return efforts
    managed = set(membership.managed_teams.values_list("members", flat=True))
    return [each for each in efforts if each.member.pk in managed | {membership.pk}]


def may_correct_time(membership, entry):
    """Whoever put it on the timeline, and whoever coordinates the incident."""
    if membership is None:
        return True
    own = membership.is_responder and entry.actor_id == membership.pk
    return own or may_coordinate(membership, entry.incident)
