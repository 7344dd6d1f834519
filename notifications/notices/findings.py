"""Findings: what was found, and what was said to it."""

from incidents import kinds
from incidents.models import Finding

from .words import Words, moment, named, who


def _finding(headline, act="Acknowledge it"):
    def words(entry, reader):
        finding = Finding.objects.with_people().get(pk=entry.details["finding"])
        said = finding.remarks.filter(entry=entry).first()
        facts = named(
            (f"{who(entry)} {said.get_kind_display()}" if said else "", said.text if said else ""),
            ("In place of", finding.corrects.label if finding.corrects else ""),
            ("Condition", finding.condition),
            ("Actions", finding.actions),
            ("Needs", finding.needs),
            ("Meaning", finding.meaning),
            ("Confidence", finding.get_confidence_display()),
            ("Domain", finding.domain),
            ("Raised by", finding.raised_by.name if finding.raised_by else ""),
            ("Acknowledge by", moment(finding.acknowledge_by, entry.incident.organization)),
        )
        page = f"findings/{finding.pk}/"
        if entry.details.get("for_author"):
            return Words(f"Finding {finding.label} waits for a word", facts, "Reply", finding.condition, page)
        return Words(f"Finding {finding.label} {headline}", facts, act, gist=finding.condition, page=page)

    return words


WORDS = {
    kinds.FINDING_RAISED.name: _finding("for you"),
    kinds.FINDING_MORE_ASKED.name: _finding("is asked about", "Reply"),
    kinds.FINDING_CHALLENGED.name: _finding("is challenged", "Reply, or correct it"),
    kinds.FINDING_REPLIED.name: _finding("is answered"),
    kinds.FINDING_CORRECTED.name: _finding("corrects an earlier one"),
    kinds.FINDING_WAITS.name: _finding("waits to be acknowledged"),
}
