"""Facts for the business: estimates, commitments, what comes back first, and events that need what is affected."""

from incidents import kinds
from incidents.models import Commitment, ResolutionEstimate

from .words import Words, moment, named, who


def _estimate(headline, act="Open the incident"):
    def words(entry, reader):
        estimate = ResolutionEstimate.objects.get(pk=entry.details["estimate"])
        organization = entry.incident.organization
        before = entry.details.get("before")
        facts = named(
            ("Earliest", moment(estimate.earliest, organization) if estimate.earliest else "Nobody knows"),
            ("Latest", moment(estimate.latest, organization) if estimate.latest else ""),
            ("Confidence", estimate.get_confidence_display()),
            ("Basis", estimate.basis),
            ("Before", moment(before, organization) if before else ""),
            ("By", who(entry)),
            ("Because", entry.details.get("waiver")),
        )
        return Words(headline, facts, act, page="facts/")

    return words


def _commitment(headline, act="Open the incident"):
    def words(entry, reader):
        commitment = Commitment.objects.with_people().get(pk=entry.details["commitment"])
        facts = named(
            ("Promised" if commitment.is_told else "To be promised", commitment.text),
            ("To", commitment.to_whom),
            ("By", moment(commitment.due_at, entry.incident.organization)),
            ("Owner", commitment.owner.name if commitment.owner else ""),
            ("From", who(entry)),
            ("Because", entry.details.get("reason") or entry.details.get("waiver")),
        )
        return Words(f"{commitment.label} {headline}", facts, act, gist=commitment.text, page="facts/")

    return words


def _restoration(headline):
    def words(entry, reader):
        places = enumerate(entry.details.get("order", ()), start=1)
        facts = named(
            *((f"{place}.", what) for place, what in places),
            ("By", who(entry)),
            ("Because", entry.details.get("reason") or entry.details.get("waiver")),
        )
        return Words(headline, facts, page="facts/")

    return words


def _event(entry, reader):
    details, organization = entry.details, entry.incident.organization
    facts = named(
        ("Event", details.get("name")),
        ("Begins", moment(details["starts_at"], organization)),
        ("Ends", moment(details["ends_at"], organization)),
        ("Commitments at risk", ", ".join(details.get("commitments", ()))),
        ("Task", f"T{details['task_number']}" if details.get("task_number") else ""),
    )
    return Words(f"“{details.get('name')}” needs what is affected", facts, "Hold it, move it or go on", page="facts/")


WORDS = {
    kinds.ESTIMATE_PROPOSED.name: _estimate("An estimate is proposed", "Let it hold, or give another"),
    kinds.ESTIMATE_SET.name: _estimate("The estimate"),
    kinds.COMMITMENT_PROPOSED.name: _commitment("waits for your word", "Confirm it, or say that it cannot be kept"),
    kinds.COMMITMENT_CONFIRMED.name: _commitment("can be kept", "Open the incident and tell it"),
    kinds.COMMITMENT_REFUSED.name: _commitment("cannot be kept", "Promise something else"),
    kinds.COMMITMENT_REOPENED.name: _commitment("has to be thought over", "Confirm it again, or take it back"),
    kinds.COMMITMENT_WARNED.name: _commitment("is due soon", "Keep it, or take it back"),
    kinds.COMMITMENT_MISSED.name: _commitment("was missed", "Tell those who wait"),
    kinds.RESTORATION_ORDER_SET.name: _restoration("What comes back first"),
    kinds.RESTORATION_ORDER_OBJECTED.name: _restoration("The lead objects to the restoration order"),
    kinds.EVENT_OVERLAPPED.name: _event,
}
