"""Changes: who changes what until when, the lead's go and order, and how it ends."""

from datetime import timedelta

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import LARGEST_ID, Answer, Body, Line, ManyNamed, Named, Person, Query, Reason, Waiver
from teams.models import Service, TechnicalDomain

from ..lookups import find_change, find_incident
from ..models import ChangeIntent
from ..models.change_states import RESULTS, Standing
from .parts import WorkstreamPart
from .reach import require_responder


class ConflictAnswer(Answer):
    """Something in the way. What the asking member may not know of has no id."""

    id = serializers.IntegerField(allow_null=True)
    incident = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    about = serializers.CharField()


class ChangeAnswer(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    key = serializers.CharField()
    action = serializers.CharField()
    services = serializers.SerializerMethodField()
    domain = Named(TechnicalDomain, allow_null=True)
    workstream = serializers.IntegerField(source="workstream_id", allow_null=True)
    owner = Person()
    reversible = serializers.BooleanField()
    state = serializers.ChoiceField(choices=Standing, source="standing")
    conflicts = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField(help_text="What goes first and is not over.")
    starts_at = serializers.DateTimeField()
    until = serializers.DateTimeField()
    proposed_at = serializers.DateTimeField()
    released_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    result = serializers.CharField()

    def get_services(self, change) -> serializers.ListField(child=serializers.SlugField()):
        return sorted(service.slug for service in change.services.all())

    def get_conflicts(self, change) -> ConflictAnswer(many=True):
        return [self._named(change, pair.other_than(change), pair.about) for pair in change.open_conflicts]

    def get_after(self, change) -> ConflictAnswer(many=True):
        about = {pair.other_than(change).pk: pair.about for pair in change.conflicts}
        return [self._named(change, other, about[other.pk]) for other in change.waits_for]

    def _named(self, change, other, about):
        name = other.name_in(change.incident)
        known = other.key in name
        return {
            "id": other.pk if known else None,
            "incident": other.incident.number if known else None,
            "name": name,
            "about": about,
        }


class Proposal(Body):
    """“I am changing this until then.”"""

    action = Line(max_length=200)
    services = ManyNamed(Service, required=False)
    starts_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Now, where it is left out.")
    until = serializers.DateTimeField(required=False, help_text="Within a day.")
    minutes = serializers.IntegerField(
        required=False, min_value=1, max_value=1440, help_text="How long it takes, instead of `until`."
    )
    reversible = serializers.BooleanField(required=False)
    owner = Person(required=False, allow_null=True, help_text="You, where it is left out.")
    domain = Named(TechnicalDomain, required=False, allow_null=True)
    workstream = WorkstreamPart()

    def validate(self, asked):
        minutes = asked.pop("minutes", None)
        if (minutes is None) == ("until" not in asked):
            raise serializers.ValidationError({"until": ["Say until when, or for how many minutes."]})
        if minutes is not None:
            asked["starts_at"] = asked.get("starts_at") or timezone.now()
            asked["until"] = asked["starts_at"] + timedelta(minutes=minutes)
        return asked


class Go(Body):
    waiver = Waiver()


class Result(Body):
    result = serializers.ChoiceField(choices=RESULTS)
    text = Reason()
    waiver = Waiver()


class Extension(Body):
    until = serializers.DateTimeField(help_text="Later than before, and within a day.")
    reason = Reason()
    waiver = Waiver()


class Arrangement(Body):
    order = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID),
        min_length=2,
        max_length=20,
        help_text="Ids of changes in each other's way, this one among them, the first first.",
    )
    waiver = Waiver()


class Withdrawal(Query):
    reason = Reason()
    waiver = Waiver()


class Changes(Endpoint):
    @listing(ChangeAnswer)
    def get(self, request, number):
        """List the changes, the latest first."""
        incident = find_incident(request, number)
        require_responder(request)
        return self.page(ChangeAnswer, incident.changes.visible_to(self.member).for_reading())

    @operation(
        body=Proposal,
        answer=ChangeAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "For half an hour",
                {"action": "Roll the gateway back to 5.1", "services": ["checkout"], "minutes": 30},
                request_only=True,
            )
        ],
    )
    def post(self, request, number):
        """Say what you change until when. What is in its way is in `conflicts`."""
        incident = find_incident(request, number)
        asked = {name: value for name, value in self.body(Proposal).items() if value is not None}
        entry = ChangeIntent.propose(incident, by=self.member, **asked)
        return answer_change(self, incident, entry.details["change"], status=201)


class OneChange(Endpoint):
    @operation(answer=ChangeAnswer)
    def get(self, request, number, pk):
        """Read a change."""
        return answer_change(self, find_incident(request, number), pk)

    @operation(status=204, query=Withdrawal)
    def delete(self, request, number, pk):
        """Withdraw a change that has not begun."""
        change = find_change(request, find_incident(request, number), pk)
        change.withdraw(by=self.member, **self.query(Withdrawal))
        return Response(status=204)


class Release(Endpoint):
    @operation(body=Go, answer=ChangeAnswer)
    def post(self, request, number, pk):
        """Let a change go: the lead's. Refused while something is in its way that has no order."""
        change = find_change(request, find_incident(request, number), pk)
        change.release(by=self.member, **self.body(Go))
        return answer_change(self, change.incident, pk)


class Start(Endpoint):
    @operation(body=Go, answer=ChangeAnswer)
    def post(self, request, number, pk):
        """Start a change after the lead's go; whoever may give it does so along with this."""
        change = find_change(request, find_incident(request, number), pk)
        change.start(by=self.member, **self.body(Go))
        return answer_change(self, change.incident, pk)


class ChangeResult(Endpoint):
    @operation(body=Result, answer=ChangeAnswer)
    def post(self, request, number, pk):
        """Say how a change ended; also late, and after the incident."""
        change = find_change(request, find_incident(request, number), pk)
        change.finish(by=self.member, **self.body(Result))
        return answer_change(self, change.incident, pk)


class ChangeExtension(Endpoint):
    @operation(body=Extension, answer=ChangeAnswer)
    def post(self, request, number, pk):
        """Say that a change takes longer. What comes after it moves along."""
        change = find_change(request, find_incident(request, number), pk)
        change.extend(by=self.member, **self.body(Extension))
        return answer_change(self, change.incident, pk)


class ChangeArrangement(Endpoint):
    @operation(body=Arrangement, answer=ChangeAnswer)
    def post(self, request, number, pk):
        """Put changes that are in each other's way one after the other: the lead's."""
        change = find_change(request, find_incident(request, number), pk)
        asked = self.body(Arrangement)
        near = {each.pk: each for each in change.with_those_in_its_way(self.member)}
        if change.pk not in asked["order"] or len(set(asked["order"])) < len(asked["order"]):
            raise serializers.ValidationError({"order": ["Name this change and the others, each once."]})
        if not near.keys() >= set(asked["order"]):
            raise serializers.ValidationError({"order": ["Some of these are not in its way."]})
        order = [near[each] for each in asked["order"]]
        ChangeIntent.arrange(change.incident, order, by=self.member, waiver=asked.get("waiver", ""))
        return answer_change(self, change.incident, pk)


def answer_change(endpoint, incident, pk, *, status=200):
    return endpoint.answer(ChangeAnswer, find_change(endpoint.request, incident, pk), status=status)
