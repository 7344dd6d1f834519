"""Who hears of an entry in the end: of all who are called to it those who may hear it, once by each channel."""

from dataclasses import dataclass, replace

from incidents import kinds

from .situation import BRIEFING, ROOM, SMS, Listener
from .table import CALLS

# What follows from a declaration by itself, and tells nobody whom the declaration has told at the same moment.
WITH_DECLARATION = (kinds.FUNCTION_REQUESTED.name, kinds.ROLE_VACANT.name)


@dataclass(frozen=True)
class Hearing:
    """One person hears by one channel. `skipped` is why, all the same, nothing is sent."""

    listener: Listener
    channel: str
    rule: str
    reader: str = ROOM
    skipped: str = ""

    @property
    def address(self):
        return self.listener.address(self.channel)


def who_hears(situation):
    """`[Hearing]`, each person at most once per channel; the first rule that names them is the one on record."""
    hearings = {}
    calls = CALLS.get(situation.kind)
    for call in calls(situation) if calls else ():
        listener = situation.members.get(call.member)
        if listener is None or listener.id == situation.actor or not _may_hear(situation, call):
            continue
        reader = BRIEFING if listener.stakeholder and call.reader == ROOM else call.reader
        for channel in call.channels:
            hearings.setdefault(
                (listener.id, channel),
                Hearing(listener, channel, call.rule, reader, _nowhere_to_send(listener, channel)),
            )
    if situation.kind in WITH_DECLARATION and situation.with_declaration:
        hearings = _once_at_the_beginning(situation, hearings)
    return list(hearings.values())


def _may_hear(situation, call):
    """A drill stays on its roster; a private incident with those who are on it or needed for it; a restricted
    workstream with its readers, whoever else is needed."""
    if situation.readers is not None and call.member not in situation.readers:
        return False
    if situation.drill:
        return call.member in situation.participants
    if situation.private:
        return call.needed or call.member in situation.participants or _wears_a_hat(situation, call.member)
    return True


def _wears_a_hat(situation, member):
    return member in situation.holders.values() or any(member in worn for worn in situation.wearers.values())


def _nowhere_to_send(listener, channel):
    if listener.address(channel):
        return ""
    return "No telephone number is known." if channel == SMS else "No address is known."


def _once_at_the_beginning(situation, hearings):
    """The declaration has just called whoever is on call for something; nobody is woken twice for one thing."""
    paging = tuple(rule for rule in situation.rules if rule.function_id)
    declared = who_hears(replace(situation, kind=kinds.DECLARED.name, rules=paging))
    woken = {(each.listener.id, each.channel) for each in declared if not each.skipped}
    return {
        key: replace(each, skipped=each.skipped or "Told of the declaration at the same moment.")
        if key in woken
        else each
        for key, each in hearings.items()
    }
