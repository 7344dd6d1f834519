"""Lines of work: who is let in, who waits for whom, what is silent, and when people meet."""

from incidents import kinds

from .words import Words, moment, named, role_name, who


def _let_in(entry, reader):
    until = moment(entry.details["until"], entry.incident.organization)
    facts = named(("Workstream", entry.workstream), ("Until", until), ("Let in by", who(entry)))
    return Words("You may speak in a technical workstream", facts)


def _blocked(entry, reader):
    details = entry.details
    facts = named(("Waits", details.get("waiting")), ("By", who(entry)), ("Because", details.get("reason")))
    return Words(f"“{details.get('waiting')}” waits for “{details.get('blocking')}”", facts, "Open the workstream")


def _unblocked(entry, reader):
    details = entry.details
    facts = named(("Can go on", details.get("waiting")), ("By", who(entry)))
    return Words(
        f"“{details.get('waiting')}” waits no longer for “{details.get('blocking')}”", facts, "Open the workstream"
    )


def _silent(entry, reader):
    details = entry.details
    last = details.get("last_word_at")
    facts = named(
        ("Workstream", details.get("title")),
        ("Last word", moment(last, entry.incident.organization) if last else "None yet"),
        ("Told", ", ".join(role_name(role) for role in details.get("told", ()))),
    )
    return Words(
        f"Nothing said in “{details.get('title')}” for {details.get('minutes')} minutes", facts, "Say how it goes"
    )


def _sync(phrase):
    def words(entry, reader):
        details, organization = entry.details, entry.incident.organization
        starts_at = details.get("starts_at")
        facts = named(
            ("When", moment(starts_at, organization) if starts_at else ""),
            ("For", details.get("purpose")),
            ("With", ", ".join(details.get("names", ()))),
            ("By", who(entry)),
            ("Because", details.get("reason")),
        )
        return Words(f"Sync point “{details['title']}” {phrase}", facts)

    return words


WORDS = {
    kinds.EXCEPTION_GRANTED.name: _let_in,
    kinds.WORKSTREAM_BLOCKED.name: _blocked,
    kinds.WORKSTREAM_UNBLOCKED.name: _unblocked,
    kinds.WORKSTREAM_SILENT.name: _silent,
    kinds.SYNC_CALLED.name: _sync("was called"),
    kinds.SYNC_SOON.name: _sync("begins soon"),
    kinds.SYNC_CANCELLED.name: _sync("was cancelled"),
}
