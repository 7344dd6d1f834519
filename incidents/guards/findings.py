"""Guards over findings: what was found has to be heard, answered, and taken into what we know."""

from ..models.obligations import ObligationKind
from .gaps import Gap


class FindingUnacknowledged:
    """G14, its first half: the lead has not said that a finding was heard."""

    code = "finding_unacknowledged"

    def gaps(self, facts):
        for finding in facts.findings:
            if finding.acknowledge_by <= facts.now:
                yield Gap(
                    self.code,
                    f"Finding {finding.label} has not been acknowledged.",
                    finding.acknowledge_by,
                    subject=str(finding.number),
                    step="Acknowledge it, or set it aside",
                    place=f"findings/{finding.pk}/",
                    workstream=finding.workstream_id,
                )


class SynthesisLate:
    """G14, its second half: what we know is older than twenty minutes, and more was found since."""

    code = "synthesis_late"

    def gaps(self, facts):
        for clock in facts.clocks:
            if clock.kind == ObligationKind.SYNTHESIS and clock.due_at <= facts.now:
                yield Gap(
                    self.code,
                    "More was found since it was last said what is known.",
                    clock.due_at,
                    waivable=True,
                    # For this window; the next finding after a new version opens another.
                    subject=str(clock.pk),
                    step="Write what is known now",
                    place="synthesis/new/",
                )
