"""Decisions: what is asked, and what was decided on whose authority."""

from incidents import kinds
from incidents.rights import in_words

from .words import Words, moment, named, role_name, who


def _to_decide(phrase):
    """Fit to be read alone: what is asked, between what, until when, and what it costs to wait."""

    def words(entry, reader):
        details, organization = entry.details, entry.incident.organization
        needed_by = details.get("needed_by") or details.get("due_at")
        facts = named(
            ("Decision", details["subject"]),
            *((f"Option {number}", text) for number, text in enumerate(details.get("options", ()), start=1)),
            ("Given up for it", ", ".join(details.get("commitments_sacrificed", ()))),
            ("Needed by", moment(needed_by, organization) if needed_by else ""),
            ("Cost of waiting", details.get("cost_of_waiting")),
            ("Asked by", who(entry)),
            ("Told", ", ".join(role_name(role) for role in details.get("told", ()))),
        )
        return Words(f"D{details['decision']} {phrase}", facts, "Decide", details["subject"], _page(entry))

    return words


def _made(entry, reader):
    details = entry.details
    facts = named(
        ("Decision", details["subject"]),
        ("Choice", details.get("choice")),
        ("By", who(entry)),
        ("Authority", "" if details.get("outside_authority") else in_words(details.get("authority", ""))),
        ("Because", details.get("reason")),
        ("Outside their authority, because", details.get("waiver")),
        ("In place of", f"D{details['supersedes']}" if details.get("supersedes") else ""),
        ("Takes back", f"D{details['reverses']}" if details.get("reverses") else ""),
    )
    headline = f"D{details['decision']} decided"
    if details.get("outside_authority"):
        headline += " outside authority"
    return Words(headline, facts, "Read it", details.get("choice", ""), _page(entry))


def _page(entry):
    return f"decisions/{entry.details['decision']}/"


WORDS = {
    kinds.DECISION_RAISED.name: _to_decide("needs a decision"),
    kinds.DECISION_WARNED.name: _to_decide("has to be decided soon"),
    kinds.DECISION_DUE.name: _to_decide("has to be decided now"),
    kinds.DECISION_ESCALATED.name: _to_decide("is still not decided"),
    kinds.DECISION_MADE.name: _made,
    kinds.DECISION_REVERSED.name: _made,
}
