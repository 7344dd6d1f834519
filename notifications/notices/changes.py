"""Changes: in whose way one is, when it may begin, and how it ended."""

from incidents import kinds
from incidents.models.change_states import ChangeState

from .words import Words, moment, named, who


def _change(headline, act="Open the incident"):
    """`headline` says what became of the change, whose key comes first."""

    def words(entry, reader):
        details = entry.details
        key = details.get("key", "A change")
        result = ChangeState(details["result"]).label.lower() if "result" in details else ""
        facts = named(
            ("Change", details.get("action")),
            ("Because", details.get("about") or details.get("reason") or details.get("text")),
            ("Until", moment(details["due_at"], entry.incident.organization) if "due_at" in details else ""),
            ("By", who(entry)),
            ("Although", details.get("waiver")),
        )
        return Words(headline.format(key=key, other=details.get("other", ""), result=result).strip(), facts, act)

    return words


def _arranged(entry, reader):
    order = entry.details.get("order", ())
    return Words(f"Changes one after the other: {', then '.join(order)}", named(("By", who(entry))))


WORDS = {
    kinds.CHANGES_COLLIDED.name: _change("{key} and {other} are in each other's way", "Say which goes first"),
    kinds.CHANGES_ARRANGED.name: _arranged,
    kinds.CHANGE_CLEARED.name: _change("{key} waits no longer for {other}", "Open the incident and start it"),
    kinds.CHANGE_RELEASED.name: _change("{key} may begin", "Open the incident and start it"),
    kinds.CHANGE_ENDED.name: _change("{key} {result}: yours is next", "Open the incident and start it"),
    kinds.CHANGE_WITHDRAWN.name: _change("{key} was withdrawn: yours is next", "Open the incident and start it"),
    kinds.CHANGE_DUE.name: _change("{key} was to be over by now", "Say how it ended, or that it takes longer"),
    kinds.CHANGE_LAPSED.name: _change("{key} has lapsed", "Say how it ended"),
}
