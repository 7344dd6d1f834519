"""Ways of calling somebody that several subjects share: by name, by hat, or by rota.

What a table holds takes a `Situation` and yields `Call`s. `paged`, `mailed`, `by_name` and `lead_hears` make such a
function for acts that need no more; the others are called from one.
"""

from dataclasses import dataclass

from incidents import kinds
from incidents.duties import ADMINISTRATORS
from playbooks.models import IncidentRole

from .situation import EMAIL, ROOM

# Whom a reminder reaches when the role it is for is vacant: whoever comes next.
CHAIN = (IncidentRole.COMMUNICATIONS_LEAD, IncidentRole.LEAD, ADMINISTRATORS)


@dataclass(frozen=True)
class Call:
    """A wish to tell somebody, before it is known whether they may hear it. `needed`: called in by name or by rota."""

    member: int
    channels: tuple
    rule: str
    reader: str = ROOM
    needed: bool = False


def paged(detail, rule):
    """The one whom a detail of the entry names, as anybody who is needed now."""

    def calls(situation):
        yield Call(situation.details.get(detail), situation.paging, rule, needed=True)

    return calls


def mailed(detail, rule):
    """The one whom a detail of the entry names, by mail."""

    def calls(situation):
        yield Call(situation.details.get(detail), (EMAIL,), rule, needed=True)

    return calls


def by_name(rule):
    """Those whom the entry names: by mail, they are at work on it."""

    def calls(situation):
        yield from told_by_name(situation, (EMAIL,), rule)

    return calls


def lead_hears(rule):
    def calls(situation):
        yield from holder_or_next(situation, IncidentRole.LEAD, (EMAIL,), rule)

    return calls


def reminder(situation):
    """Whoever owes it by name, and the holders of the roles told; a vacant role passes the word on along the chain."""
    by = (EMAIL,) if situation.kind == kinds.CLOCK_WARNED.name else situation.paging
    yield from told_by_name(situation, by, "Reminder to who owes it")
    yield from told_by_role(situation, by)


def told_by_name(situation, by, rule, told="told_members"):
    for member in situation.details.get(told, ()):
        yield Call(member, by, rule, needed=True)


def told_by_role(situation, by, what="Reminder"):
    for role in situation.details.get("told", ()):
        yield from holder_or_next(situation, role, by, what)


def holder_or_next(situation, role, by, what="Reminder"):
    ahead = CHAIN[CHAIN.index(role) :] if role in CHAIN else (role, *CHAIN[1:])
    vacant = []
    for each in ahead:
        if each == ADMINISTRATORS:
            yield from administrators(situation, by, _escalated(what, "Administrators", vacant))
            return
        if worn := situation.worn_by(each):
            for member in worn:
                yield Call(member, by, _escalated(what, situation.name_of(each), vacant), needed=True)
            return
        vacant.append(situation.name_of(each))


def on_call_for(situation, slug, rule, by):
    """Whoever answers now for the function of this name; nobody where there is no such function."""
    function_id, _ = situation.functions.get(slug, (None, ""))
    if function_id:
        yield from on_call(situation, function_id, rule, by)


def on_call(situation, function_id, rule, by, reader=ROOM):
    """Whoever answers for a function now, or the administrators where nobody does."""
    name = next((name for key, name in situation.functions.values() if key == function_id), "this function")
    holder = situation.on_call.get(function_id)
    if holder in situation.members:
        yield Call(holder, by, f"{rule}: on call for {name}", reader, needed=True)
        return
    yield from administrators(situation, by, f"{rule}: nobody is on call for {name}, so administrators", reader)


def administrators(situation, by, rule, reader=ROOM):
    for member in situation.administrators:
        yield Call(member, by, rule, reader, needed=True)


def _escalated(what, name, vacant):
    return f"{what} to {name.lower()}" + (f", because nobody is {vacant[0].lower()}" if vacant else "")
