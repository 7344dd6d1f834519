"""Updates: what was written to an audience, that it does not hold, and drafts and challenges of one."""

from incidents import kinds
from incidents.models import UpdateChallenge
from incidents.models.updates import PARTS
from playbooks.models import Audience

from .words import BRIEF, Words, audience_name, moment, named, who


def _update(entry, reader):
    """From the entry alone: the composer asks for the words of an update that is not published yet."""
    details = entry.details
    said = [(part.label, details["body"].get(part.name)) for part in PARTS[details["audience"]]]
    facts = [("No change", details.get("no_change")), *said]
    if details.get("next_update_at"):
        facts.append(("Next update by", moment(details["next_update_at"], entry.incident.organization)))
    to_leadership = details["audience"] == Audience.LEADERSHIP
    return Words(
        f"Update {details['number']} to {audience_name(details['audience']).lower()}",
        named(*facts),
        act="Read the briefing, ask, decide" if to_leadership else "Open the incident",
        gist=" ".join(text for _, text in said if text),
        page=BRIEF if to_leadership else "",
    )


def _corrected(entry, reader):
    details = entry.details
    said = [(part.label, details["body"].get(part.name)) for part in PARTS[details["audience"]]]
    facts = [("What was wrong", details["reason"]), *said]
    headline = f"Correction of update {details['corrects']} to {audience_name(details['audience']).lower()}"
    return Words(headline, named(*facts), gist=" ".join(text for _, text in facts if text))


def _withdrawn(entry, reader):
    details = entry.details
    headline = f"Update {details['number']} to {audience_name(details['audience']).lower()} is withdrawn"
    return Words(headline, named(("Because", details["reason"])), gist=details["reason"])


def _challenge(headline, act):
    """A challenge of an update, with what was said then, what is not right, and what became of it."""

    def words(entry, reader):
        challenge = UpdateChallenge.objects.with_people().get(pk=entry.details["challenge"])
        update = challenge.update
        facts = named(
            ("Not right, because", challenge.reason),
            ("Challenged by", challenge.challenged_by.name),
            *update.parts,
            (f"{challenge.get_state_display()}, because", challenge.answer),
            ("Answered by", challenge.answered_by.name if challenge.answered_by else ""),
            ("Answer by", moment(challenge.answer_by, entry.incident.organization) if challenge.is_open else ""),
        )
        headed = f"Update {update.number} to {audience_name(update.audience).lower()} {headline}"
        page = f"challenges/{challenge.pk}/" if challenge.is_open else f"updates/{update.number}/"
        return Words(headed, facts, act, gist=challenge.answer or challenge.reason, page=page)

    return words


def _draft(entry, reader):
    audience = audience_name(entry.details["audience"]).lower()
    return Words(
        f"A draft to {audience} waits for you",
        named(("From", who(entry))),
        "Read it and confirm the facts",
        page=f"drafts/{entry.details['audience']}/",
    )


WORDS = {
    kinds.UPDATE_PUBLISHED.name: _update,
    kinds.UPDATE_CORRECTED.name: _corrected,
    kinds.UPDATE_WITHDRAWN.name: _withdrawn,
    kinds.UPDATE_CHALLENGED.name: _challenge("is challenged", "Correct it, withdraw it, or say why it stands"),
    kinds.CHALLENGE_WAITS.name: _challenge("is challenged and waits", "Correct it, withdraw it, or say why it stands"),
    kinds.CHALLENGE_ANSWERED.name: _challenge("was challenged: there is an answer", "Read it"),
    kinds.DRAFT_PROPOSED.name: _draft,
}
