"""Guards over promised times."""

from playbooks.models import Audience

from ..models.obligations import ObligationKind
from .gaps import Gap


class AssessmentOverdue:
    """G1: nobody has judged severity and scope in the first five minutes."""

    code = "assessment_overdue"

    def gaps(self, facts):
        for clock in facts.clocks:
            if clock.kind == ObligationKind.ASSESSMENT and clock.due_at <= facts.now:
                yield Gap(
                    self.code,
                    "Severity and scope have not been judged in time.",
                    clock.due_at,
                    step="Judge severity and scope",
                    place="assessment/",
                )


class UpdateOverdue:
    """G11: an audience was promised word by now."""

    code = "update_overdue"

    def gaps(self, facts):
        for clock in facts.clocks:
            if clock.kind == ObligationKind.UPDATE and clock.due_at <= facts.now:
                audience = Audience(clock.audience).label.lower()
                yield Gap(
                    self.code,
                    f"The update for the {audience} audience is overdue.",
                    clock.due_at,
                    subject=clock.audience,
                    owner_role=clock.owner_role,
                    step="Write the update",
                    place=f"drafts/{clock.audience}/",
                )
