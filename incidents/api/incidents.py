"""Incidents: find them, declare one, read everything about one, correct it."""

import hashlib
import json
from dataclasses import asdict

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from playbooks.models import Audience, Criticality, IncidentRole, IncidentType, Scope, Severity
from teams.api.endpoint import Endpoint, etag, unchanged_is_fine
from teams.api.pages import Paging
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, CommaSeparated, Line, ManyNamed, Named, Person, Reason, Text, Waiver
from teams.models import Service, Team

from ..guards import Facts, gaps_of
from ..interruptions import Interruptions
from ..lookups import find_incident
from ..mobilization import declare
from ..models import FunctionActivation, Incident, Obligation, RoleAssignment, Status
from ..models.incident import OPEN
from ..models.obligations import LIVE, ObligationKind
from .functions import ActivationAnswer
from .roles import RoleAnswer

MAX_SUMMARY = 10_000


class ClockAnswer(Answer):
    audience = serializers.ChoiceField(choices=Audience)
    state = serializers.ChoiceField(choices=LIVE)
    due_at = serializers.DateTimeField()
    interval_minutes = serializers.IntegerField()


class GapAnswer(Answer):
    code = serializers.CharField()
    message = serializers.CharField()
    since = serializers.DateTimeField()
    waivable = serializers.BooleanField()
    subject = serializers.CharField(help_text="What a waiver of it names; tells gaps of one guard apart.")
    owner = serializers.EmailField(allow_null=True, help_text="Whose it is to close it; null: an administrator's.")
    owner_role = serializers.SlugField(help_text="The role that answers for it.")
    step = serializers.CharField(help_text="What they do next.")
    place = serializers.CharField(help_text="The page where they do it, below the incident's own.")
    workstream = serializers.IntegerField(allow_null=True, help_text="The workstream it is about.")


class PossiblyAffectedAnswer(Answer):
    """A service that needs an affected one, and that nobody has judged."""

    service = Named(Service)
    team = Named(Team, allow_null=True, help_text="Whose it is.")
    via = Named(Service, help_text="What it needs, which is affected or possibly so.")


class InterruptionsAnswer(Answer):
    """How often those who look for the cause were interrupted."""

    total = serializers.IntegerField()
    asks = serializers.IntegerField(help_text="What was put to one of them.")
    messages = serializers.IntegerField(help_text="Written there by somebody from outside who was let in.")
    kept_out = serializers.IntegerField(help_text="Messages that did not get there, and are none.")


class PinnedPlaybook(Answer):
    slug = serializers.CharField(source="playbook.slug")
    version = serializers.IntegerField(source="number")


class IncidentLine(Answer):
    """An incident in a list."""

    number = serializers.IntegerField()
    key = serializers.CharField()
    title = serializers.CharField()
    severity = Named(Severity)
    type = Named(IncidentType, source="incident_type", allow_null=True)
    status = serializers.ChoiceField(choices=Status)
    drill = serializers.BooleanField()
    private = serializers.BooleanField()
    lead = serializers.SerializerMethodField()
    declared_at = serializers.DateTimeField()
    assessed_at = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    url = serializers.SerializerMethodField()

    def get_lead(self, incident) -> serializers.EmailField(allow_null=True):
        leads = [each.membership.email for each in incident.current_roles if each.role == IncidentRole.LEAD]
        return leads[0] if leads else None

    def get_url(self, incident) -> serializers.URLField():
        incident.organization = self.context["request"].organization
        return settings.BASE_URL + incident.get_absolute_url()


class IncidentDetail(IncidentLine):
    """Everything about one incident but its timeline and threads."""

    summary = serializers.CharField()
    scope = serializers.ChoiceField(choices=Scope)
    criticality = serializers.ChoiceField(choices=Criticality)
    services = ManyNamed(Service, source="services.all")
    possibly_affected = PossiblyAffectedAnswer(many=True)
    declared_by = Person(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    merged_into = serializers.IntegerField(source="merged_into.number", allow_null=True, default=None)
    playbook = PinnedPlaybook(source="playbook_version", allow_null=True)
    functions = ActivationAnswer(source="called_functions", many=True)
    roles = RoleAnswer(source="current_roles", many=True)
    clocks = serializers.SerializerMethodField()
    guards = serializers.SerializerMethodField(help_text="What is missing; nothing for stakeholders.")
    interruptions = serializers.SerializerMethodField(help_text="Null for stakeholders.")
    last_entry = serializers.SerializerMethodField(help_text="The number of the last entry that you may read.")

    def get_clocks(self, incident) -> ClockAnswer(many=True):
        clocks = [clock for clock in incident.live_clocks if clock.kind == ObligationKind.UPDATE]
        return ClockAnswer(clocks, many=True).data

    def get_guards(self, incident) -> GapAnswer(many=True):
        if not self.context["request"].membership.is_responder:
            # A gap says in the words of the room what is missing there.
            return []
        facts = Facts.of(
            incident,
            viewer=self.context["request"].membership,
            clocks=incident.live_clocks,
            roles=incident.current_roles,
            functions=incident.called_functions,
        )
        return [
            {**asdict(gap), "owner": getattr(facts.owner_of(gap.owner_role), "email", None)} for gap in gaps_of(facts)
        ]

    def get_interruptions(self, incident) -> InterruptionsAnswer(allow_null=True):
        if not self.context["request"].membership.is_responder:
            return None
        return InterruptionsAnswer(Interruptions.of(incident)).data

    def get_last_entry(self, incident) -> int:
        return incident.last_number_for(self.context["request"].membership)


class Declaration(Body):
    title = Line(max_length=200)
    severity = Named(Severity, required=False, allow_null=True)
    type = Named(IncidentType, source="incident_type", required=False, allow_null=True)
    summary = Text(required=False, allow_blank=True, max_length=MAX_SUMMARY)
    services = ManyNamed(Service, required=False)
    scope = serializers.ChoiceField(choices=Scope, required=False)
    criticality = serializers.ChoiceField(choices=Criticality, required=False)
    drill = serializers.BooleanField(required=False)
    private = serializers.BooleanField(required=False)


class Correction(Body):
    """What is not given stays as it is. `reason` and `waiver` go with a change of severity, status or privacy."""

    title = Line(required=False, max_length=200)
    summary = Text(required=False, allow_blank=True, max_length=MAX_SUMMARY)
    type = Named(IncidentType, source="incident_type", required=False)
    services = ManyNamed(Service, required=False)
    severity = Named(Severity, required=False)
    status = serializers.ChoiceField(choices=[status for status in Status if status != Status.MERGED], required=False)
    private = serializers.BooleanField(required=False)
    reason = Reason()
    waiver = Waiver()


class Filters(Paging):
    status = CommaSeparated(
        choices=["open", *Status.values], required=False, help_text="`open`, or statuses separated by commas."
    )
    severity = CommaSeparated(required=False, help_text="Slugs, separated by commas.")
    type = CommaSeparated(required=False, help_text="Slugs, separated by commas.")
    drill = serializers.BooleanField(required=False, allow_null=True, default=None)
    since = serializers.DateTimeField(required=False, help_text="Declared at this moment or later.")


class Incidents(Endpoint):
    @listing(IncidentLine, query=Filters)
    def get(self, request):
        """List incidents, the newest first."""
        asked = self.query(Filters)
        found = filtered(Incident.objects.visible_to(self.member).with_summary(), asked)
        return self.page(IncidentLine, found, asked, key="number")

    @operation(
        body=Declaration,
        answer=IncidentDetail,
        status=201,
        examples=[
            OpenApiExample("A title is enough", {"title": "Checkout fails for some customers"}, request_only=True),
            OpenApiExample(
                "With what is known",
                {
                    "title": "Card payments time out",
                    "severity": "sev1",
                    "type": "payment",
                    "summary": "The provider answers after 30 seconds since 14:05.",
                    "scope": "many",
                    "criticality": "critical",
                },
                request_only=True,
            ),
        ],
    )
    def post(self, request):
        """Declare an incident. Only the title is needed."""
        declared = declare(by=self.member, **self.body(Declaration))
        incident = read_incident(request, declared.number)
        return self.answer(
            IncidentDetail, incident, status=201, headers={"Location": request.path + f"{incident.number}/"}
        )


class OneIncident(Endpoint):
    @operation(answer=IncidentDetail)
    def get(self, request, number):
        """Read an incident. Its `ETag` changes with what a PATCH can change."""
        return answer_incident(self, number)

    @operation(
        body=Correction,
        answer=IncidentDetail,
        if_match=True,
        examples=[OpenApiExample("A better title", {"title": "Card payments time out in Europe"}, request_only=True)],
    )
    def patch(self, request, number):
        """Correct an incident. All of it happens, or nothing."""
        incident = find_incident(request, number)
        wanted = self.body(Correction)
        with transaction.atomic():
            incident.take_turn() if "status" in wanted else incident.lock()
            self.require_match(version_of(incident))
            correct(incident, by=self.member, **wanted)
        return answer_incident(self, number)


def answer_incident(endpoint, number, *, status=200):
    """The incident as it is now: what every act on it answers."""
    incident = read_incident(endpoint.request, number)
    return endpoint.answer(IncidentDetail, incident, status=status, headers={"ETag": etag(version_of(incident))})


def read_incident(request, number):
    """The incident with all that `IncidentDetail` shows, in a constant number of queries; 404 where not visible."""
    incidents = (
        Incident.objects.visible_to(request.membership)
        .select_related("severity", "incident_type", "playbook_version__playbook", "merged_into", "declared_by__person")
        .prefetch_related(
            Prefetch("services", Service.objects.order_by("slug")),
            Prefetch("roles", RoleAssignment.objects.current().with_people().order_by("pk"), to_attr="current_roles"),
            Prefetch("functions", FunctionActivation.objects.with_functions(), to_attr="called_functions"),
            Prefetch("obligations", Obligation.objects.live().most_urgent_first(), to_attr="live_clocks"),
        )
    )
    return get_object_or_404(incidents, number=number)


def filtered(incidents, asked):
    if statuses := asked.get("status"):
        incidents = incidents.filter(status__in=[*statuses, *(OPEN if "open" in statuses else ())])
    if severities := asked.get("severity"):
        incidents = incidents.filter(severity__slug__in=severities)
    if types := asked.get("type"):
        hyphenated = [slug.replace("_", "-") for slug in types]
        incidents = incidents.filter(incident_type__slug__in=[*types, *hyphenated])
    if asked["drill"] is not None:
        incidents = incidents.filter(drill=asked["drill"])
    if since := asked.get("since"):
        incidents = incidents.filter(declared_at__gte=since)
    return incidents


def correct(incident, *, by, severity=None, status=None, private=None, reason="", waiver="", **details):
    """Call the verb for each thing that is given."""
    if details:
        with unchanged_is_fine():
            incident.change_details(by=by, **details)
    if severity is not None:
        with unchanged_is_fine():
            incident.change_severity(severity, by=by, reason=reason, waiver=waiver)
    if private is not None:
        with unchanged_is_fine():
            (incident.make_private if private else incident.make_visible)(by=by, waiver=waiver)
    if status is not None:
        with unchanged_is_fine():
            incident.change_status(status, by=by, reason=reason, waiver=waiver)


def version_of(incident):
    """A fingerprint of what a PATCH can change, so that a message posted meanwhile makes no edit stale."""
    content = [
        incident.title,
        incident.summary,
        incident.incident_type_id,
        sorted(service.pk for service in incident.services.all()),
        incident.severity_id,
        incident.status,
        incident.private,
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
