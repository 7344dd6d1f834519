"""Lines of work: their owners, whoever is let in or asked to come, and whoever has to ask why one is silent."""

from incidents import kinds

from .calls import Call, by_name, told_by_name, told_by_role
from .situation import EMAIL


def _workstream(situation):
    """Whoever the entry names: the owner of a workstream that others wait for, or that has fallen silent."""
    by = situation.paging if situation.details.get("level") else (EMAIL,)
    yield from told_by_name(situation, by, "Owns the workstream")
    yield from told_by_role(situation, by)


def _let_in(situation):
    yield Call(situation.details.get("member"), (EMAIL,), "You may speak in the workstream")


CALLS = {
    kinds.EXCEPTION_GRANTED.name: _let_in,
    kinds.WORKSTREAM_BLOCKED.name: _workstream,
    kinds.WORKSTREAM_UNBLOCKED.name: _workstream,
    kinds.WORKSTREAM_SILENT.name: _workstream,
    kinds.SYNC_CALLED.name: by_name("Is asked to a sync point"),
    kinds.SYNC_SOON.name: by_name("Is asked to a sync point"),
    kinds.SYNC_CANCELLED.name: by_name("Is asked to a sync point"),
}
