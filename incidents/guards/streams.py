"""Guards over workstreams: who speaks where, who answers for them, and which have fallen silent."""

from django.utils import timezone

from playbooks.models import IncidentRole

from ..models.obligations import ObligationKind
from ..models.workstreams import WorkstreamState
from .gaps import Breach, Gap

LEADERSHIP, SUPPORT = "leadership", "support"
QUESTION, BRIEFING = "question", "briefing"


class OutsiderInTechnicalStream:
    """G19: executives, support agents and stakeholders do not interrupt those who look for the cause.

    No reason lifts it. The lead may let somebody in for a while; a question is always taken.
    """

    code = "outsider_in_technical_stream"

    def breach(self, membership, workstream):
        """The `Breach` that a member's post would be, or None where they may speak."""
        if membership is None or not workstream.is_for_the_cause:
            return None
        offers = self._offers(
            membership, workstream.incident.roles.current().with_titles().filter(membership=membership)
        )
        if not offers or workstream.exceptions.in_force(timezone.now()).filter(membership=membership).exists():
            return None
        sentence = (
            f"In “{workstream}” those talk who look for the cause. "
            "Ask it as a question: it is answered without interrupting them."
        )
        return Breach(self.code, sentence, str(workstream.pk), offers=offers)

    @staticmethod
    def _offers(membership, worn):
        """What a member gets instead of the floor; nothing for those who have it.

        Whoever leads or wears a technical hat works on the cause, wherever they come from.
        """
        roles = {each.role for each in worn}
        if IncidentRole.LEAD in roles or any(each.definition.technical for each in worn):
            return ()
        function = membership.function.slug if membership.function else ""
        if function == LEADERSHIP or IncidentRole.EXECUTIVE in roles:
            return (QUESTION, BRIEFING)
        if not membership.is_responder or (function == SUPPORT and IncidentRole.SUPPORT_LIAISON not in roles):
            return (QUESTION,)
        return ()


class SilentWorkstream:
    """S61: nothing was said in a technical workstream for longer than the severity bears."""

    code = "silent_workstream"

    def gaps(self, facts):
        streams = {stream.pk: stream for stream in facts.streams}
        for clock in facts.clocks:
            stream = streams.get(clock.subject) if clock.kind == ObligationKind.SILENCE else None
            if stream is not None and clock.due_at <= facts.now:
                yield Gap(
                    self.code,
                    f"Nothing was said in “{stream}” for {clock.interval_minutes} minutes.",
                    clock.due_at,
                    subject=str(stream.pk),
                    owner_role=IncidentRole.TECHNICAL_COORDINATOR,
                    step="Ask how it goes",
                    place=f"?stream={stream.pk}",
                    workstream=stream.pk,
                )


class UnownedWorkstream:
    """S2: a line of work goes on, and nobody answers for it."""

    code = "workstream_unowned"

    def gaps(self, facts):
        for stream in facts.streams:
            if stream.owner_id is None and stream.state != WorkstreamState.DONE and not stream.is_general:
                yield Gap(
                    self.code,
                    f"Nobody owns the workstream “{stream}”.",
                    stream.opened_at,
                    subject=str(stream.pk),
                    step="Give it to somebody",
                    place=f"workstreams/{stream.pk}/",
                    workstream=stream.pk,
                )
