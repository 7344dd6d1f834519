"""Guards over hats: who wears which, and which nobody wears."""

from playbooks.models import IncidentRole

from ..models.functions import ENGINEERING, ActivationState
from .gaps import Gap


class NoLead:
    """G2: nobody coordinates. That there are never two is the database's business."""

    code = "no_lead"

    def gaps(self, facts):
        if not facts.is_held(IncidentRole.LEAD):
            yield Gap(
                self.code,
                "Nobody leads this incident.",
                facts.vacant_since(IncidentRole.LEAD),
                step="Take the lead, or give it to somebody",
                place="roles/lead/",
            )


class NoCommunicationsLead:
    """G3: functions beside engineering are at work, and nobody speaks to the audiences."""

    code = "no_communications_lead"

    def gaps(self, facts):
        others = [
            each.changed_at
            for each in facts.functions
            if each.state == ActivationState.ENGAGED and each.function.slug != ENGINEERING
        ]
        if others and not facts.is_held(IncidentRole.COMMUNICATIONS_LEAD):
            yield Gap(
                self.code,
                "Several functions are engaged and nobody leads communications.",
                max(min(others), facts.vacant_since(IncidentRole.COMMUNICATIONS_LEAD)),
                waivable=True,
                step="Name a communications lead",
                place="roles/communications_lead/",
            )
