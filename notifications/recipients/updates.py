"""Updates: whom one is for, who had one that does not hold, and who looks after its words."""

from incidents import kinds
from playbooks.models import IncidentRole

from ..models.routing import RoutedEvent
from .calls import Call, by_name, holder_or_next, reminder, told_by_name
from .routing import routed
from .situation import EMAIL, OUTER, UPDATE, channels

# These hear what leaves the room in everybody's name.
SPEAKERS = (IncidentRole.LEAD, IncidentRole.COMMUNICATIONS_LEAD)


def _update(situation):
    audience = situation.details.get("audience", "")
    for group in situation.groups.values():
        if group.audience == audience:
            for member in sorted(group.members):
                yield Call(member, channels(group.by_email, group.by_sms), f"Audience group {group.name}", UPDATE)
    for role in SPEAKERS:
        if role in situation.holders:
            yield Call(situation.holders[role], (EMAIL,), f"Every update: {situation.name_of(role)}", UPDATE)
    yield from routed(RoutedEvent.UPDATE_PUBLISHED)(situation)
    if audience in OUTER:
        for member in sorted(situation.followers):
            yield Call(member, (EMAIL,), "Follows the incident", UPDATE)


def _had_it(situation):
    """Exactly those who had the words that do not hold, by the way they had them."""
    said = "corrected" if situation.kind == kinds.UPDATE_CORRECTED.name else "withdrawn"
    for member, channel in sorted(situation.had):
        yield Call(member, (channel,), f"Had the update that is {said}", UPDATE, needed=True)


def _challenged(situation):
    yield from holder_or_next(situation, IncidentRole.COMMUNICATIONS_LEAD, (EMAIL,), "Challenges of updates")
    yield from told_by_name(situation, (EMAIL,), "Published it")


CALLS = {
    kinds.UPDATE_PUBLISHED.name: _update,
    kinds.UPDATE_CORRECTED.name: _had_it,
    kinds.UPDATE_WITHDRAWN.name: _had_it,
    kinds.UPDATE_CHALLENGED.name: _challenged,
    kinds.CHALLENGE_WAITS.name: reminder,
    kinds.CHALLENGE_ANSWERED.name: by_name("Challenged the update"),
    kinds.DRAFT_PROPOSED.name: by_name("Is asked to confirm a draft"),
}
