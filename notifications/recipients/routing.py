"""What an organisation has ruled itself: whom a routing rule names, and whether its conditions hold."""

from ..models.routing import RoutedEvent
from .calls import Call, on_call
from .situation import BRIEFING, OUTER, ROOM, UPDATE


def routed(event):
    def calls(situation):
        for rule in situation.rules:
            if rule.event == event and applies(rule, situation):
                yield from _targets(rule, situation)

    return calls


def applies(rule, situation):
    """Whether the rule's conditions hold; what it does not name does not matter."""
    return (
        (rule.rank is None or situation.rank <= rule.rank)
        and rule.type_id in (None, situation.type_id)
        and (not rule.service_ids or bool(rule.service_ids & situation.service_ids))
        and rule.audience in ("", situation.details.get("audience", ""))
    )


def _targets(rule, situation):
    reader = UPDATE if rule.event == RoutedEvent.UPDATE_PUBLISHED else ROOM
    if rule.function_id:
        yield from on_call(situation, rule.function_id, rule.name, rule.channels, reader)
    for member in situation.worn_by(rule.role) if rule.role else ():
        yield Call(member, rule.channels, f"{rule.name}: {situation.name_of(rule.role)}", reader)
    if rule.group_id in situation.groups:
        group = situation.groups[rule.group_id]
        outer = BRIEFING if reader == ROOM and group.audience in OUTER else reader
        for member in sorted(group.members):
            yield Call(member, rule.channels, f"{rule.name}: {group.name}", outer)
    if rule.participants:
        inner = reader == UPDATE and situation.details.get("audience") not in OUTER
        for member in sorted(situation.participants):
            if inner and member in situation.members and situation.members[member].stakeholder:
                continue
            yield Call(member, rule.channels, f"{rule.name}: on the incident", reader)
