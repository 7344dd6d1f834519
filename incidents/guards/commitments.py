"""Guards over promises. The other half of G20 is the breach that `Commitment.communicate` refuses."""

from playbooks.models import IncidentRole

from ..models.commitments import UNCONFIRMED
from .gaps import Gap


class CommitmentUnconfirmed:
    """G20: something is promised, or about to be, and nobody who can judge it has said that it can be kept."""

    code = UNCONFIRMED

    def gaps(self, facts):
        for commitment in facts.commitments:
            told = "was promised to" if commitment.is_told else "is to be promised to"
            again = " since the estimate moved" if commitment.reopened_at else ""
            yield Gap(
                self.code,
                f"{commitment.label} “{commitment.text}” {told} {commitment.to_whom}, "
                f"and nobody has confirmed it{again}.",
                commitment.waits_since,
                waivable=True,
                subject=commitment.label,
                owner_role=IncidentRole.TECHNICAL_COORDINATOR if commitment.domain_id else IncidentRole.LEAD,
                step="Confirm it, or say that it cannot be kept",
                place="facts/#commitments",
            )
