"""Guards over workstreams: who speaks where."""

from django.utils import timezone

from playbooks.models import IncidentRole

from .gaps import Breach

# Whoever wears one of these works on the cause, wherever they come from.
TECHNICAL_ROLES = (IncidentRole.LEAD, IncidentRole.TECHNICAL_COORDINATOR)
LEADERSHIP, SUPPORT = "leadership", "support"
QUESTION, BRIEFING = "question", "briefing"


class OutsiderInTechnicalStream:
    """G19: executives, support agents and stakeholders do not interrupt those who look for the cause.

    No reason lifts it. The lead may let somebody in for a while; a question is always taken.
    """

    code = "outsider_in_technical_stream"

    def breach(self, membership, workstream):
        """The `Breach` that a member's post would be, or None where they may speak."""
        if membership is None or not workstream.is_technical:
            return None
        roles = set(workstream.incident.roles.current().filter(membership=membership).values_list("role", flat=True))
        offers = self._offers(membership, roles)
        if not offers or workstream.exceptions.in_force(timezone.now()).filter(membership=membership).exists():
            return None
        sentence = (
            f"In “{workstream}” those talk who look for the cause. "
            "Ask it as a question: it is answered without interrupting them."
        )
        return Breach(self.code, sentence, str(workstream.pk), offers=offers)

    @staticmethod
    def _offers(membership, roles):
        """What a member gets instead of the floor; nothing for those who have it."""
        if roles & set(TECHNICAL_ROLES):
            return ()
        function = membership.function.slug if membership.function else ""
        if function == LEADERSHIP or IncidentRole.EXECUTIVE in roles:
            return (QUESTION, BRIEFING)
        if not membership.is_responder or (function == SUPPORT and IncidentRole.SUPPORT_LIAISON not in roles):
            return (QUESTION,)
        return ()
