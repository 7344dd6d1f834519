"""What each audience was told."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from playbooks.models import Audience
from teams.api.endpoint import Endpoint
from teams.api.pages import Paging, pages_of
from teams.api.schema import operation
from teams.api.shapes import Answer, Body, CommaSeparated, Person, Text, Waiver

from ..lookups import find_incident
from ..models import StatusUpdate
from ..models.updates import problems_in

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


class Publication(Body):
    audience = serializers.ChoiceField(choices=Audience)
    body = serializers.DictField(
        child=Text(allow_blank=True, max_length=1000),
        help_text="The fields of the audience: see the examples, one for each.",
    )
    next_update_at = serializers.DateTimeField(required=False, allow_null=True)
    waiver = Waiver()

    def validate(self, asked):
        if problems := problems_in(asked["audience"], asked["body"]):
            raise serializers.ValidationError({"body": {name: [sentence] for name, sentence in problems.items()}})
        return asked


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
        entry = StatusUpdate.publish(incident, by=self.member, **self.body(Publication))
        update = incident.updates.with_people().get(pk=entry.details["update"])
        return self.answer(UpdateAnswer, update, status=201)


class OneUpdate(Endpoint):
    @operation(answer=UpdateAnswer)
    def get(self, request, number, pk):
        """Read an update."""
        incident = find_incident(request, number)
        return self.answer(UpdateAnswer, self.find(incident.updates.visible_to(self.member).with_people(), pk=pk))
