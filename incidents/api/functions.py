"""The functions an incident calls for, and how far each has come."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from teams.api.endpoint import Endpoint, unchanged_is_fine
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Line, Named, Reason
from teams.models import Function

from ..lookups import find_incident
from ..models import FunctionActivation
from ..models.functions import KINDS, ActivationState


class ActivationAnswer(Answer):
    function = Named(Function)
    state = serializers.ChoiceField(choices=ActivationState)
    rule = serializers.CharField(help_text="What called for it, in words.")
    reason = serializers.CharField()
    changed_at = serializers.DateTimeField()


class NewState(Body):
    state = serializers.ChoiceField(choices=list(KINDS))
    reason = Reason()
    release = serializers.BooleanField(
        required=False, help_text="When it stands down: release its people too. Who holds a role stays."
    )
    thanks = Line(required=False, allow_blank=True, max_length=500)
    follows = serializers.BooleanField(
        required=False, help_text="Whether the released go on following; true if left out."
    )


class Functions(Endpoint):
    @listing(ActivationAnswer)
    def get(self, request, number):
        """List the functions that are called for."""
        incident = find_incident(request, number)
        return self.page(ActivationAnswer, incident.functions.select_related("function"), ascending=True)


class OneFunction(Endpoint):
    @operation(
        body=NewState,
        answer=ActivationAnswer,
        examples=[
            OpenApiExample("Called", {"state": "requested"}, request_only=True),
            OpenApiExample("Not needed", {"state": "waived", "reason": "No card data is involved"}, request_only=True),
        ],
    )
    def put(self, request, number, slug):
        """Call for a function, engage it, stand it down, or waive it with a reason."""
        incident = find_incident(request, number)
        function = self.find(Function.objects.all(), slug=slug)
        with unchanged_is_fine():
            FunctionActivation.change(incident, function, by=self.member, **self.body(NewState))
        return self.answer(ActivationAnswer, incident.functions.select_related("function").get(function=function))
