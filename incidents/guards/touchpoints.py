"""Guards over the places where customers read: one voice everywhere."""

from playbooks.models import IncidentRole

from ..models.touchpoints import Place
from .gaps import Gap


class TouchpointStale:
    """G21: a place still says what customers have since been told otherwise."""

    code = "touchpoint_stale"

    def gaps(self, facts):
        if not facts.touchpoints:
            return
        core = next((each for each in facts.said if each.audience == "customers"), None)
        for says in facts.touchpoints:
            if says.is_stale(core):
                support = says.place == Place.SUPPORT
                yield Gap(
                    self.code,
                    f"{says.get_place_display()} still says what update {says.core.number} said.",
                    core.published_at if core else says.core.withdrawn_at or says.written_at,
                    waivable=True,
                    # A waiver is about these words beside that core, not about the place for ever.
                    subject=f"{says.place}:{core.number if core else 0}",
                    owner_role=IncidentRole.SUPPORT_LIAISON if support else IncidentRole.COMMUNICATIONS_LEAD,
                    step="Write it anew, or say that it is right",
                    place=f"touchpoints/{says.place}/",
                )
