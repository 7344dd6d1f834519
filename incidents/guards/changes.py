"""Guards over changes and fixes: what is in whose way, and whose hands are in it."""

from playbooks.models import IncidentRole

from .gaps import Gap


class ConflictingChanges:
    """G17: two changes are claimed for one time on services that need each other, and nobody said which goes first."""

    code = "conflicting_changes"

    def gaps(self, facts):
        for pair in facts.conflicts:
            own = pair.side_in(facts.incident)
            yield Gap(
                self.code,
                pair.sentence_for(own),
                pair.found_at,
                waivable=True,
                subject=pair.subject,
                step="Say which goes first",
                place=f"changes/{own.pk}/arrangement/",
                workstream=own.workstream_id,
            )


class LeadHandsOn:
    """S39: several functions are at work, and whoever leads them repairs something with their own hands."""

    code = "lead_hands_on"

    def gaps(self, facts):
        lead = facts.holder_of(IncidentRole.LEAD)
        if lead is None or not facts.is_cross_functional:
            return
        for attempt in facts.fixes:
            if attempt.by_id == lead.pk:
                yield Gap(
                    self.code,
                    f"{lead.name} leads several functions and works on a fix ({attempt.key}).",
                    attempt.started_at,
                    waivable=True,
                    subject=attempt.key,
                    step="Give the lead to somebody, or the fix",
                    place="roles/lead/",
                    workstream=attempt.workstream_id,
                )
