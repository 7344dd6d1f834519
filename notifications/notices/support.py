"""What customers report: that there is more of it than usual, and what agents say."""

from dataclasses import replace

from incidents import kinds
from incidents.models import Spike, SupportBrief

from .words import Words, moment, named, who


def _spike(entry, reader):
    spike = Spike.objects.select_related("severity").get(pk=entry.details["spike"])
    proposed = f"Raise it to {spike.severity.name}" if spike.severity else "Declare an incident"
    facts = named(("Counted", spike.sentence), ("Proposed", proposed))
    return Words("More customers write than usual", facts, "Say yes, or why not", spike.sentence, "reports/")


def _spike_waits(entry, reader):
    words = _spike(entry, reader)
    return replace(words, facts=(*words.facts, *named(("Waits", "Nobody has answered yet."))))


def _spike_over(entry, reader):
    spike = Spike.objects.get(pk=entry.details["spike"])
    facts = named(("Counted", spike.sentence), ("Now", "What was proposed fell away by itself."))
    return Words("Fewer customers write again", facts, "Look at the reports", spike.sentence, "reports/")


def _support_brief(entry, reader):
    """What agents say, in their mail: those were written for them."""
    brief = SupportBrief.objects.for_reading().get(pk=entry.details["support_brief"])
    organization = entry.incident.organization
    facts = named(
        ("Say", brief.say),
        ("Do not say", brief.avoid),
        ("Meanwhile customers can", brief.workaround),
        ("More at", moment(brief.next_update_at, organization) if brief.next_update_at else ""),
        ("Written by", who(entry)),
    )
    return Words(
        f"What agents say, version {brief.version}", facts, "Read it before you answer", brief.say, "support-brief/"
    )


WORDS = {
    kinds.SPIKE_SEEN.name: _spike,
    kinds.SPIKE_WAITS.name: _spike_waits,
    kinds.SPIKE_FADED.name: _spike_over,
    kinds.SUPPORT_BRIEF_WRITTEN.name: _support_brief,
}
