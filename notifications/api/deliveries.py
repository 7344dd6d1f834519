"""What was sent to whom, and what became of it."""

from rest_framework import serializers

from incidents.lookups import find_incident
from teams.api.endpoint import Endpoint
from teams.api.pages import Paging, pages_of
from teams.api.schema import operation
from teams.api.shapes import Answer, CommaSeparated, Person

from ..models import Attempt, Delivery


class AttemptAnswer(Answer):
    number = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.ChoiceField(choices=Attempt.Outcome)
    answer = serializers.CharField(help_text="What the mail server or gateway said.")


class DeliveryAnswer(Answer):
    id = serializers.IntegerField()
    incident = serializers.IntegerField(source="incident.number", default=None, allow_null=True)
    recipient = Person(allow_null=True)
    channel = serializers.ChoiceField(choices=Delivery.Channel)
    address = serializers.CharField(source="masked_address", help_text="Enough of it to recognise.")
    state = serializers.ChoiceField(choices=Delivery.State)
    reason = serializers.CharField(help_text="Why it is in this state, where that is not plain.")
    rule = serializers.CharField(help_text="Which rule decided that this person is told.")
    attempts = serializers.IntegerField(source="attempts_made")
    history = AttemptAnswer(source="attempts", many=True)
    drill = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)


class DeliveryFilters(Paging):
    state = CommaSeparated(choices=Delivery.State.values, required=False, help_text="States, separated by commas.")
    channel = serializers.ChoiceField(choices=Delivery.Channel, required=False)
    recipient = serializers.EmailField(required=False)


class Deliveries(Endpoint):
    @operation(answer=pages_of(DeliveryAnswer), query=DeliveryFilters)
    def get(self, request):
        """List deliveries, the newest first. Stakeholders find their own."""
        return self.page_of_deliveries(Delivery.objects.all())

    def page_of_deliveries(self, deliveries):
        asked = self.query(DeliveryFilters)
        found = deliveries.visible_to(self.member).select_related("incident", "recipient__person")
        if states := asked.get("state"):
            found = found.filter(state__in=states)
        if channel := asked.get("channel"):
            found = found.filter(channel=channel)
        if email := asked.get("recipient"):
            found = found.filter(recipient__person__email=email.lower())
        return self.page(DeliveryAnswer, found.prefetch_related("attempts"), asked)


class IncidentDeliveries(Deliveries):
    @operation(answer=pages_of(DeliveryAnswer), query=DeliveryFilters)
    def get(self, request, number):
        """List the deliveries about an incident, the newest first."""
        return self.page_of_deliveries(Delivery.objects.filter(incident=find_incident(request, number)))
