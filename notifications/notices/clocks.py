"""Clocks of updates and of the assessment: what is due, and who was told."""

from incidents import kinds
from playbooks.models import RoleDefinition

from .words import Words, audience_name, moment, named, role_name


def _defaulted(entry, reader):
    called = ", ".join(entry.details.get("functions", ()))
    return Words("Not assessed within five minutes", named(("Called for meanwhile", called)), "Assess it now")


def _clock(phrase):
    def words(entry, reader):
        details = entry.details
        tier = audience_name(details.get("audience", ""))
        subject = f"Update to {tier.lower()}" if tier else "Assessment"
        names = RoleDefinition.objects.names()
        facts = named(
            ("Due", moment(details["due_at"], entry.incident.organization)),
            ("Told", ", ".join(role_name(role, names) for role in details.get("told", ()))),
        )
        return Words(f"{subject} {phrase}", facts, "Publish the update" if tier else "Assess the incident")

    return words


WORDS = {
    kinds.ASSESSMENT_DEFAULTED.name: _defaulted,
    kinds.CLOCK_WARNED.name: _clock("due soon"),
    kinds.CLOCK_DUE.name: _clock("due now"),
    kinds.CLOCK_OVERDUE.name: _clock("overdue"),
    kinds.CLOCK_ESCALATED.name: _clock("still missing"),
}
