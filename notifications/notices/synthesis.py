"""What we know: a version of it, and who may write one."""

from incidents import kinds
from incidents.models import Synthesis
from incidents.models.synthesis import LINES

from .words import Words, moment, named, who


def _synthesis(headline, act="Read it"):
    """What we know, in the words of the version that the entry is about."""

    def words(entry, reader):
        details = entry.details
        version = details.get("version")
        found = Synthesis.objects.filter(incident=entry.incident, version=version).first() if version else None
        challenged = found.challenge_reason if found and entry.kind == kinds.SYNTHESIS_CHALLENGED.name else ""
        newer = ", ".join(f"F{number}" for number in details.get("findings", ()))
        facts = named(
            ("Not right, because", challenged),
            ("By", who(entry)),
            ("Behind it" if entry.kind == kinds.SYNTHESIS_PUBLISHED.name else "Found since", newer),
            *((line.label, getattr(found, line.name)) for line in LINES if found),
        )
        gist = found.known if found else ""
        return Words(headline.format(version=version or ""), facts, act, gist, "synthesis/")

    return words


def _delegated(headline):
    def words(entry, reader):
        until = entry.details.get("until")
        facts = named(
            ("By", who(entry)),
            ("Until", moment(until, entry.incident.organization) if until else ""),
            ("Because", entry.details.get("waiver")),
        )
        headed = headline.format(name=entry.details.get("name", "Somebody"))
        return Words(headed, facts, "Look at what was found", page="synthesis/")

    return words


WORDS = {
    kinds.SYNTHESIS_PUBLISHED.name: _synthesis("What we know, version {version}"),
    kinds.SYNTHESIS_CHALLENGED.name: _synthesis("What we know, version {version}, is challenged", "Look at it"),
    kinds.SYNTHESIS_WAITS.name: _synthesis("More was found since we said what we know", "Write what is known now"),
    kinds.SYNTHESIS_DELEGATED.name: _delegated("You say what we know for a while"),
    kinds.SYNTHESIS_DELEGATION_ENDED.name: _delegated("{name} says no more what we know"),
}
