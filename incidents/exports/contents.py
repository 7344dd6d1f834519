"""What an export holds, whatever it is written in: a head, lists as the API answers with them, the timeline."""

from datetime import UTC

from django.conf import settings
from django.utils import timezone
from rest_framework import serializers

from teams.tenancy import acting_in

from ..api.challenges import ChallengeAnswer
from ..api.changes import ChangeAnswer
from ..api.decisions import DecisionAnswer
from ..api.documents import DocumentAnswer
from ..api.drafts import DraftAnswer
from ..api.facts import BusinessImpactAnswer, CommitmentAnswer, EstimateAnswer, ImpactAnswer, OrderAnswer
from ..api.findings import FindingAnswer
from ..api.participants import ParticipantAnswer
from ..api.questions import AskAnswer, BriefingAnswer, QuestionAnswer
from ..api.reinforcements import ReinforcementAnswer
from ..api.reports import ReportAnswer
from ..api.roles import HandoverAnswer, RoleAnswer
from ..api.support_briefs import BriefAnswer, DigestAnswer
from ..api.symptoms import SymptomAnswer
from ..api.sync_points import SyncPointAnswer
from ..api.synthesis import SynthesisAnswer
from ..api.tasks import TaskAnswer, owners_in
from ..api.theories import FixAnswer, HypothesisAnswer
from ..api.touchpoints import TouchpointAnswer
from ..api.updates import UpdateAnswer
from ..api.waivers import WaiverAnswer
from ..api.workstreams import WorkstreamAnswer
from ..fragments import attach_messages, rfc3339
from ..models import Ask, Question, SyncPoint
from ..tally import Tally

FORMAT = "muster.incident.v1"
STRETCH = 500


class RoleInterval(RoleAnswer):
    name = serializers.CharField(source="membership.name")
    until = serializers.DateTimeField(source="ended_at", allow_null=True)


class HandoverRecord(HandoverAnswer):
    """Without what the data said at that moment: the timeline says it, and only what the reader may still read."""

    briefing = None
    name = serializers.CharField(source="assignment.membership.name")
    to_name = serializers.CharField(source="to.name")


class DraftRecord(DraftAnswer):
    """Whatever became of it; `version` says how often it was saved, the timeline when and by whom."""

    state = serializers.CharField()
    update_number = serializers.IntegerField(source="update.number", default=None, allow_null=True)


class TouchpointRecord(TouchpointAnswer):
    """What once stood in a place; whether it is stale is a question about now."""

    stale = None
    core_number = serializers.IntegerField(source="core.number")


class Participation(ParticipantAnswer):
    name = serializers.CharField(source="membership.name")
    left_at = serializers.DateTimeField(allow_null=True)


class Export:
    """An incident as its record stands now, as far as one member may read it. Everything but the timeline is read
    at once; that comes in stretches and ends with the entry that was the last when the export began."""

    def __init__(self, incident, viewer):
        self.incident = incident
        self.viewer = viewer
        self.at = timezone.now()
        last = incident.timeline.visible_to(viewer).latest_first().first()
        self.entry = last.number if last else 0
        self.sections = dict(self._sections())
        self.head = self._head(last)

    def stretches(self, written):
        """What `written(entries)` makes of every stretch of the timeline, in order.

        Nothing is held between two stretches: each opens the scope for itself, long after the view has answered.
        """
        after = 0
        while after is not None:
            with acting_in(self.incident.organization_id), timezone.override(UTC):
                entries = self.incident.timeline.visible_to(self.viewer).after(after).filter(number__lte=self.entry)
                rows = attach_messages(list(entries.in_order().for_reading()[:STRETCH]))
                text = written(rows)
            yield text
            after = rows[-1].number if len(rows) == STRETCH else None

    def _head(self, last):
        """When, by whom and from which entry: what makes a copy comparable with the record it was taken from."""
        incident = self.incident
        return {
            "format": FORMAT,
            "exported_at": rfc3339(self.at),
            "exported_by": self.viewer.email,
            "entry": self.entry,
            "seal": last.hash if last else None,
            "record": settings.BASE_URL + incident.get_absolute_url(),
            "incident": {
                "number": incident.number,
                "key": incident.key,
                "title": incident.title,
                "summary": incident.summary,
                "severity": incident.severity.slug,
                "type": incident.incident_type.slug if incident.incident_type else None,
                "status": incident.status,
                "scope": incident.scope,
                "criticality": incident.criticality,
                "services": sorted(incident.services.values_list("slug", flat=True)),
                "playbook": str(incident.playbook_version) if incident.playbook_version else None,
                "drill": incident.drill,
                "private": incident.private,
                "declared_by": incident.declared_by.email if incident.declared_by else None,
                "declared_at": rfc3339(incident.declared_at),
                "assessed_at": incident.assessed_at and rfc3339(incident.assessed_at),
                "resolved_at": incident.resolved_at and rfc3339(incident.resolved_at),
                "closed_at": incident.closed_at and rfc3339(incident.closed_at),
                "merged_into": incident.merged_into.number if incident.merged_into else None,
            },
        }

    def _sections(self):
        """`(name, rows)` of every list, in the shape in which the API answers with it."""
        yield from self._for_everybody()
        if self.viewer.is_responder:
            yield from self._from_customers()
            yield from self._of_the_room()

    def _for_everybody(self):
        incident, viewer = self.incident, self.viewer
        yield "roles", RoleInterval(incident.roles.with_people().order_by("started_at", "pk"), many=True).data
        people = incident.participants.with_people().order_by("joined_at", "pk")
        if not viewer.is_responder:
            people = people.filter(membership=viewer)
        yield "participants", Participation(people, many=True).data
        updates = incident.updates.visible_to(viewer).with_people().order_by("pk")
        yield "updates", UpdateAnswer(updates, many=True).data
        estimates = incident.estimates.visible_to(viewer).with_people().order_by("number")
        yield "estimates", EstimateAnswer(estimates, many=True).data
        impacts = incident.impacts.visible_to(viewer).with_people().in_order()
        yield "impacts", ImpactAnswer(impacts, many=True).data
        stated = incident.business_impacts.with_people().order_by("version")
        yield "business_impacts", BusinessImpactAnswer(stated, many=True).data
        questions = Question.objects.visible_to(viewer, incident).with_people().in_order()
        yield "questions", QuestionAnswer(questions, many=True).data
        yield "briefings", BriefingAnswer(incident.briefings.with_people().order_by("number"), many=True).data
        briefs = incident.support_briefs.for_reading().order_by("version")
        yield "support_briefs", BriefAnswer(briefs, many=True).data

    def _from_customers(self):
        incident = self.incident
        symptoms, tally = list(incident.symptoms.for_reading().in_order()), Tally(incident)
        for symptom in symptoms:
            symptom.counted, symptom.hypotheses = tally.of(symptom), []
        yield "symptoms", SymptomAnswer(symptoms, many=True).data
        yield "reports", ReportAnswer(incident.reports.for_reading().order_by("pk"), many=True).data
        yield "digests", DigestAnswer(incident.digests.for_reading().order_by("number"), many=True).data

    def _of_the_room(self):
        incident, viewer = self.incident, self.viewer
        asks = Ask.objects.visible_to(viewer, incident).with_people().in_order()
        yield "asks", AskAnswer(asks, many=True).data
        handovers = incident.handovers.with_people().order_by("pk")
        yield "handovers", HandoverRecord(handovers, many=True).data
        streams = incident.workstreams.for_reading(viewer).in_order()
        yield "workstreams", WorkstreamAnswer(streams, many=True).data
        meetings = SyncPoint.objects.visible_to(viewer).filter(incident=incident).with_people().order_by("pk")
        yield "sync_points", SyncPointAnswer(meetings, many=True).data
        versions = incident.syntheses.for_reading(viewer).order_by("version")
        yield "what_we_know", SynthesisAnswer(versions, many=True).data
        challenges = incident.challenges.with_people().in_order()
        yield "challenges", ChallengeAnswer(challenges, many=True).data
        drafts = incident.drafts.with_people().select_related("update").order_by("pk")
        yield "drafts", DraftRecord(drafts, many=True).data
        places = incident.touchpoints.with_people().order_by("pk")
        yield "touchpoints", TouchpointRecord(places, many=True).data
        findings = incident.findings.visible_to(viewer).for_reading().in_order()
        yield "findings", FindingAnswer(findings, many=True).data
        tasks = list(incident.tasks.visible_to(viewer).with_people().order_by("number"))
        owners_in(incident)(tasks)
        yield "tasks", TaskAnswer(tasks, many=True).data
        commitments = incident.commitments.with_people().in_order()
        yield "commitments", CommitmentAnswer(commitments, many=True).data
        orders = incident.restoration_orders.for_reading().order_by("version")
        yield "restoration_orders", OrderAnswer(orders, many=True).data
        reinforcements = incident.reinforcements.for_reading(viewer).in_order()
        yield "reinforcements", ReinforcementAnswer(reinforcements, many=True).data
        decisions = incident.decisions.visible_to(viewer).for_reading().order_by("number")
        yield "decisions", DecisionAnswer(decisions, many=True).data
        changes = incident.changes.visible_to(viewer).for_reading().order_by("number")
        yield "changes", ChangeAnswer(changes, many=True).data
        hypotheses = incident.hypotheses.visible_to(viewer).for_reading().in_order()
        yield "hypotheses", HypothesisAnswer(hypotheses, many=True).data
        fixes = incident.fix_attempts.visible_to(viewer).for_reading().in_order()
        yield "fix_attempts", FixAnswer(fixes, many=True).data
        yield "waivers", WaiverAnswer(incident.waivers.visible_to(viewer).with_people().in_order(), many=True).data
        documents = incident.documents.current().with_people().in_order()
        yield "documents", DocumentAnswer(documents, many=True).data
