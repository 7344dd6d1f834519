"""Guards over findings: what was found has to be heard."""

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
