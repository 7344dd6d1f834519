"""Guards over the number of people: enough to act, few enough for one person to lead. G10 has no gap: it is refused.

G10 (`department_bulk_add`) is `Participant.bring_team`: a whole team follows and is never added.
"""

from playbooks.models import IncidentRole

from ..models.functions import ActivationState
from .gaps import Breach, Gap

# Three to seven report to one person in every command system; five is the best.
LARGEST_SPAN = 7
AWAITED = (ActivationState.REQUIRED, ActivationState.REQUESTED)


class ParticipantCap:
    """G9: more people work on it than this severity usually needs. Its other half is `SpanOfControl`."""

    code = "participant_cap"

    def gaps(self, facts):
        severity, active = facts.incident.severity, facts.active
        cap = severity.participant_cap
        if cap is not None and len(active) > cap:
            yield Gap(
                self.code,
                f"{len(active)} people work on it; {severity} usually needs up to {cap}.",
                active[cap].since,
                waivable=True,
                # Lifted for so many people and not for more.
                subject=str(len(active)),
                step="Release who is not needed any more",
                place="people/",
            )


class SpanOfControl:
    """G9: more people report straight to the lead than one person can lead."""

    code = "span_of_control"

    def gaps(self, facts):
        direct = reports_of_the_lead(facts.active, facts.roles)
        if len(direct) > LARGEST_SPAN and facts.is_held(IncidentRole.LEAD):
            yield Gap(
                self.code,
                f"{len(direct)} people report straight to the incident lead; more than {LARGEST_SPAN} cannot be led "
                "by one.",
                direct[LARGEST_SPAN].since,
                waivable=True,
                subject=str(len(direct)),
                step="Name coordinators, or open workstreams that somebody owns",
                place="workstreams/",
            )


def over_the_cap(incident, membership):
    """The breach that this member's working on it would be, or None.

    Never one for somebody whose function is called for while nobody of it is here: who is needed comes in.
    """
    cap = incident.severity.participant_cap
    if cap is None or not incident.is_open:
        return None
    active = list(incident.participants.active().values_list("membership", "membership__function"))
    if len(active) < cap or membership.pk in {member for member, _ in active}:
        return None
    function = membership.function_id
    is_covered = function in {each for _, each in active}
    if not is_covered and incident.functions.filter(function=function, state__in=AWAITED).exists():
        return None
    return Breach(
        ParticipantCap.code,
        f"{len(active)} people work on it, and {incident.severity} usually needs up to {cap}. "
        f"Say why {membership.name} is needed too, or let them observe.",
        subject=str(len(active) + 1),
        offers=("observer", "follower"),
    )


def reports_of_the_lead(active, roles):
    """Those who work on it and have nobody but the lead above them, the longest here first.

    Whoever wears another hat or is led by nobody nearer reports to the lead. Nearer are the coordinator of their
    domain, the hat of their function, and the owner of a workstream that they write in.
    """
    hats = {each.membership_id for each in roles}
    lead = {each.membership_id for each in roles if each.role == IncidentRole.LEAD}
    domains = {each.domain_id for each in roles if each.domain_id}
    functions = {each.definition.function_id for each in roles if _leads_a_function(each)}

    def is_led_by_another(participant):
        member = participant.membership
        return (
            participant.is_directed
            or member.domain_id in domains
            or (member.function_id is not None and member.function_id in functions)
        )

    return [
        each
        for each in active
        if each.membership_id not in lead and (each.membership_id in hats or not is_led_by_another(each))
    ]


def _leads_a_function(assignment):
    """Whether it is the one hat of a function; coordinators lead domains, and the lead is who is reported to."""
    return assignment.single and assignment.domain_id is None and assignment.role != IncidentRole.LEAD
