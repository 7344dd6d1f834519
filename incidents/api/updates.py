"""What each audience was told."""

from django.http import Http404
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from playbooks.models import Audience
from teams.api.endpoint import Endpoint
from teams.api.pages import Paging, pages_of
from teams.api.schema import operation
from teams.api.shapes import LARGEST_ID, Answer, Body, CommaSeparated, Person, Reason, Text, Waiver

from ..lookups import find_incident
from ..models import Obligation, StatusUpdate, UpdateRead
from ..models.obligations import ObligationKind, ObligationState
from ..models.updates import UpdateState, problems_in

EXAMPLES = {
    Audience.TECHNICAL: {"text": "Failover to the second replica is done; lag is 2 s and falling."},
    Audience.COORDINATION: {
        "current_status": "Payments are slow for a third of customers.",
        "active_work": "Tariq drains the queue, Sam gathers reports.",
        "estimated_resolution": "16:30 to 17:00",
    },
    Audience.LEADERSHIP: {
        "business_impact": "About 8 % of today's orders are delayed; none is lost.",
        "customer_effect": "Paying takes up to a minute.",
        "expected_timeline": "Back to normal within two hours.",
    },
    Audience.CUSTOMERS: {
        "what_is_happening": "Paying by card takes longer than usual.",
        "who_is_affected": "Customers in Europe",
        "what_we_are_doing": "We are moving payments to another provider.",
        "workaround": "Paying by bank transfer works.",
    },
}


class UpdateAnswer(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    audience = serializers.ChoiceField(choices=Audience)
    body = serializers.DictField(child=serializers.CharField())
    next_update_at = serializers.DateTimeField(allow_null=True)
    published_by = Person(allow_null=True)
    published_at = serializers.DateTimeField()
    synthesis = serializers.IntegerField(
        source="synthesis.version", default=None, allow_null=True, help_text="What we know, as it was written on."
    )
    approved_by = Person(allow_null=True, help_text="Who had read it before.")
    holding = serializers.BooleanField(help_text="Said at once, in words approved beforehand.")
    held_until = serializers.DateTimeField(allow_null=True, help_text="Until then it can be taken back.")
    no_change = serializers.CharField(help_text="Why nothing had changed, as the audience reads it.")
    unchanged_times = serializers.IntegerField(help_text="For which time in a row it said that nothing had changed.")
    state = serializers.ChoiceField(choices=UpdateState)
    corrects = serializers.IntegerField(source="corrects_id", allow_null=True, help_text="What it stands in place of.")
    corrected_by = serializers.IntegerField(
        source="replaced_by.pk", default=None, allow_null=True, help_text="What stands in its place."
    )
    reason = serializers.CharField(help_text="Why it was corrected or withdrawn, as the audience reads it.")
    withdrawn_at = serializers.DateTimeField(allow_null=True)


class Publication(Body):
    audience = serializers.ChoiceField(choices=Audience)
    body = serializers.DictField(
        child=Text(allow_blank=True, max_length=1000),
        help_text="The fields of the audience: see the examples, one for each.",
    )
    synthesis = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=LARGEST_ID,
        help_text="The version of what we know that it was written on.",
    )
    approved_by = Person(required=False, allow_null=True, help_text="Who has read it before.")
    next_update_at = serializers.DateTimeField(required=False, allow_null=True)
    no_change = Reason(
        max_length=500,
        help_text="Why nothing has changed; the audience reads it. An empty `body` is then the last one.",
    )
    waiver = Waiver()

    def validate(self, asked):
        if asked.get("no_change") and not asked["body"]:
            return asked
        if problems := problems_in(asked["audience"], asked["body"]):
            raise serializers.ValidationError({"body": {name: [sentence] for name, sentence in problems.items()}})
        return asked


class Correction(Body):
    body = serializers.DictField(
        child=Text(allow_blank=True, max_length=1000), help_text="The whole text as it is right, in the same fields."
    )
    reason = Reason(
        default="Something in it was wrong.",
        allow_blank=False,
        max_length=500,
        help_text="What was wrong; the audience reads it.",
    )
    waiver = Waiver()


class Withdrawal(Body):
    reason = Reason(required=True, allow_blank=False, max_length=500, help_text="Why; the audience reads it.")
    waiver = Waiver()


class UpdateFilters(Paging):
    audience = CommaSeparated(choices=Audience.values, required=False, help_text="Audiences, separated by commas.")


class Updates(Endpoint):
    @operation(answer=pages_of(UpdateAnswer), query=UpdateFilters)
    def get(self, request, number):
        """List the updates, the newest first."""
        updates = find_incident(request, number).updates.visible_to(self.member).with_people()
        asked = self.query(UpdateFilters)
        if audiences := asked.get("audience"):
            updates = updates.filter(audience__in=audiences)
        return self.page(UpdateAnswer, updates, asked)

    @operation(
        body=Publication,
        answer=UpdateAnswer,
        status=201,
        examples=[
            OpenApiExample(
                f"For {audience.label.lower()}", {"audience": audience.value, "body": body}, request_only=True
            )
            for audience, body in EXAMPLES.items()
        ],
    )
    def post(self, request, number):
        """Tell an audience. Its clock is satisfied and the next one starts."""
        incident = find_incident(request, number)
        asked = self.body(Publication)
        if version := asked.pop("synthesis", None):
            asked["synthesis"] = incident.syntheses.filter(version=version).first()
            if asked["synthesis"] is None:
                raise serializers.ValidationError({"synthesis": ["There is no such version."]})
        entry = StatusUpdate.publish(incident, by=self.member, **asked)
        update = incident.updates.with_people().get(pk=entry.details["update"])
        return self.answer(UpdateAnswer, update, status=201)


class OneUpdate(Endpoint):
    @operation(answer=UpdateAnswer)
    def get(self, request, number, pk):
        """Read an update."""
        incident = find_incident(request, number)
        return self.answer(UpdateAnswer, self.find(incident.updates.visible_to(self.member).with_people(), pk=pk))


class UpdateReading(Endpoint):
    @operation(status=204)
    def put(self, request, number, pk):
        """Say that you have read an update. Saying it twice changes nothing."""
        UpdateRead.note(find_update(self, request, number, pk), by=self.member)
        return Response(status=204)


class Corrections(Endpoint):
    @operation(body=Correction, answer=UpdateAnswer, status=201)
    def post(self, request, number, pk):
        """Say what is right instead. It reaches exactly those who got what was wrong, and no clock moves."""
        update = find_update(self, request, number, pk)
        asked = self.body(Correction)
        if problems := problems_in(update.audience, asked["body"]):
            raise serializers.ValidationError({"body": {name: [sentence] for name, sentence in problems.items()}})
        entry = update.correct(by=self.member, **asked)
        correction = update.incident.updates.with_people().get(pk=entry.details["update"])
        return self.answer(UpdateAnswer, correction, status=201)


class UpdateWithdrawal(Endpoint):
    @operation(body=Withdrawal, answer=UpdateAnswer)
    def post(self, request, number, pk):
        """Withdraw an update with nothing in its place. Whoever got it is told, and why."""
        update = find_update(self, request, number, pk)
        update.withdraw(by=self.member, **self.body(Withdrawal))
        return self.answer(UpdateAnswer, find_update(self, request, number, pk))


def find_update(endpoint, request, number, pk):
    incident = find_incident(request, number)
    update = endpoint.find(incident.updates.visible_to(endpoint.member).with_people(), pk=pk)
    update.incident = incident
    return update


class NewTime(Body):
    due_at = serializers.DateTimeField()
    reason = Reason(required=True, allow_blank=False, max_length=500)
    waiver = Waiver()


class PromiseAnswer(Answer):
    audience = serializers.ChoiceField(choices=Audience)
    state = serializers.ChoiceField(choices=ObligationState)
    due_at = serializers.DateTimeField()
    interval_minutes = serializers.IntegerField()


class Clock(Endpoint):
    @operation(body=NewTime, answer=PromiseAnswer)
    def post(self, request, number, audience):
        """Promise an audience another time for the next update, with the reason."""
        incident = find_incident(request, number)
        if audience not in Audience.values:
            raise Http404
        Obligation.move_update(incident, audience, by=self.member, **self.body(NewTime))
        clock = incident.obligations.live().get(kind=ObligationKind.UPDATE, audience=audience)
        return self.answer(PromiseAnswer, clock)
