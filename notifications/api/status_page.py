"""The public status page: what stands on it, what is planned, who listens, and what it says of an incident."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from incidents.lookups import find_incident
from teams.api.catalogue import CatalogueAnswer, CatalogueBody
from teams.api.endpoint import Endpoint, unchanged_is_fine
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Line, ManyNamed, Named, Person, Reason, Text, Waiver
from teams.authority import require_administrator
from teams.models import Service

from ..models import Component, ImpactLevel, Maintenance, PublicIncident, StatusPage, Subscriber
from ..models.public_incidents import HEADLINE, PublicState
from ..models.status_page import validate_host_name


class StatusPageAnswer(Answer):
    name = serializers.CharField()
    intro = serializers.CharField()
    published = serializers.BooleanField()
    host = serializers.CharField(help_text="Empty without a host name of its own.")
    url = serializers.URLField(source="address")


class StatusPageBody(Body):
    name = Line(required=False, max_length=120)
    intro = Line(required=False, allow_blank=True, max_length=300)
    published = serializers.BooleanField(required=False)
    host = serializers.CharField(
        required=False, allow_blank=True, max_length=253, help_text="For example status.example.com."
    )

    def validate_host(self, host):
        host = host.lower().rstrip(".")
        if host:
            validate_host_name(host)
        return host


class OneStatusPage(Endpoint):
    @operation(answer=StatusPageAnswer)
    def get(self, request):
        """Read how the status page is set up."""
        return self.answer(StatusPageAnswer, StatusPage.of(request.organization))

    @operation(body=StatusPageBody(partial=True), answer=StatusPageAnswer)
    def patch(self, request):
        """Set up the status page, or change it. Administrators only."""
        page = StatusPage.arrange(request.organization, by=self.member, **self.body(StatusPageBody, partial=True))
        return self.answer(StatusPageAnswer, page)


# --- What customers do --------------------------------------------------------------------------------


class ComponentAnswer(CatalogueAnswer):
    position = serializers.IntegerField()
    services = ManyNamed(Service, source="services.all", help_text="Behind it; never shown to the public.")


class ComponentBody(CatalogueBody):
    model = Component

    position = serializers.IntegerField(required=False, min_value=0, max_value=32_767)
    services = ManyNamed(Service, required=False, help_text="Replaces all.")


class Components(Endpoint):
    @listing(ComponentAnswer)
    def get(self, request):
        """List the parts of the page."""
        return self.page(ComponentAnswer, components(), ascending=True)

    @operation(
        body=ComponentBody,
        answer=ComponentAnswer,
        status=201,
        examples=[OpenApiExample("In customers' words", {"name": "Pay by card", "services": []}, request_only=True)],
    )
    def post(self, request):
        """Add a part. Administrators only."""
        added = Component.add(by=self.member, **self.body(ComponentBody))
        return self.answer(ComponentAnswer, self.find(components(), slug=added.slug), status=201)


class OneComponent(Endpoint):
    @operation(answer=ComponentAnswer)
    def get(self, request, slug):
        """Read a part."""
        return self.answer(ComponentAnswer, self.find(components(), slug=slug))

    @operation(body=ComponentBody(partial=True), answer=ComponentAnswer)
    def patch(self, request, slug):
        """Change a part. Administrators only."""
        self.find(components(), slug=slug).change(by=self.member, **self.body(ComponentBody, partial=True))
        return self.answer(ComponentAnswer, self.find(components(), slug=slug))

    @operation(status=204)
    def delete(self, request, slug):
        """Take a part off the page. What happened to it stays. Administrators only."""
        self.find(components(), slug=slug).retire(by=self.member)
        return Response(status=204)


def components():
    return Component.objects.shown().prefetch_related("services")


# --- Planned work ---------------------------------------------------------------------------------------


class MaintenanceAnswer(Answer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    text = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    components = ManyNamed(Component, source="parts")
    planned_by = Person(allow_null=True)
    changed_at = serializers.DateTimeField()
    cancelled_at = serializers.DateTimeField(allow_null=True)
    held_until = serializers.DateTimeField(
        allow_null=True, help_text="Until then it can be taken back before anybody hears of it."
    )


class MaintenanceBody(Body):
    title = Line(max_length=160)
    text = Text(required=False, allow_blank=True, max_length=2000)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    components = ManyNamed(Component, required=False, help_text="Replaces all.")


class Maintenances(Endpoint):
    @listing(MaintenanceAnswer)
    def get(self, request):
        """List planned work, the newest first."""
        return self.page(MaintenanceAnswer, maintenances())

    @operation(
        body=MaintenanceBody,
        answer=MaintenanceAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "A window",
                {
                    "title": "We move the database",
                    "starts_at": "2030-01-12T01:00:00Z",
                    "ends_at": "2030-01-12T03:00:00Z",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request):
        """Announce planned work; subscribers of its parts hear of it. Administrators only."""
        planned = Maintenance.plan(by=self.member, **self.body(MaintenanceBody))
        return self.answer(MaintenanceAnswer, self.find(maintenances(), pk=planned.pk), status=201)


class OneMaintenance(Endpoint):
    @operation(answer=MaintenanceAnswer)
    def get(self, request, pk):
        """Read planned work."""
        return self.answer(MaintenanceAnswer, self.find(maintenances(), pk=pk))

    @operation(body=MaintenanceBody(partial=True), answer=MaintenanceAnswer)
    def patch(self, request, pk):
        """Change planned work before it is over; subscribers hear of it. Administrators only."""
        with unchanged_is_fine():
            self.find(Maintenance.objects.all(), pk=pk).change(
                by=self.member, **self.body(MaintenanceBody, partial=True)
            )
        return self.answer(MaintenanceAnswer, self.find(maintenances(), pk=pk))

    @operation(status=204)
    def delete(self, request, pk):
        """Cancel planned work before it is over; whoever heard of it hears that. Administrators only."""
        with unchanged_is_fine():
            self.find(Maintenance.objects.all(), pk=pk).cancel(by=self.member)
        return Response(status=204)


class MaintenanceEnd(Endpoint):
    @operation(answer=MaintenanceAnswer)
    def post(self, request, pk):
        """Say that planned work is over before its time; subscribers hear it at once. Administrators only."""
        self.find(Maintenance.objects.all(), pk=pk).end(by=self.member)
        return self.answer(MaintenanceAnswer, self.find(maintenances(), pk=pk))


def maintenances():
    return Maintenance.objects.select_related("planned_by__person").with_components()


# --- Who listens -------------------------------------------------------------------------------------------


class SubscriberAnswer(Answer):
    id = serializers.IntegerField()
    channel = serializers.ChoiceField(choices=Subscriber.Channel)
    address = serializers.CharField(source="masked_address", help_text="Enough of it to recognise.")
    confirmed_at = serializers.DateTimeField()
    components = ManyNamed(Component, source="components.all", help_text="Empty: everything.")


class Subscribers(Endpoint):
    @listing(SubscriberAnswer)
    def get(self, request):
        """List who confirmed, the newest first. Administrators only."""
        require_administrator(self.member)
        return self.page(SubscriberAnswer, Subscriber.objects.confirmed().prefetch_related("components"))


class OneSubscriber(Endpoint):
    @operation(status=204)
    def delete(self, request, pk):
        """Let somebody go who asked you to. Administrators only."""
        self.find(Subscriber.objects.all(), pk=pk).remove(by=self.member)
        return Response(status=204)


# --- An incident as the public sees it ------------------------------------------------------------------------


class PublicImpactAnswer(Answer):
    component = Named(Component)
    level = serializers.ChoiceField(choices=ImpactLevel)
    said_by = Person(allow_null=True)
    began_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class PublicIncidentAnswer(Answer):
    headline = serializers.CharField()
    state = serializers.ChoiceField(choices=PublicState)
    began_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    impacts = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    def get_impacts(self, public) -> PublicImpactAnswer(many=True):
        said = public.impacts.select_related("component", "said_by__person").order_by("pk")
        return PublicImpactAnswer(said, many=True).data

    def get_url(self, public) -> serializers.URLField():
        return f"{StatusPage.of(public.incident.organization).address}incidents/{public.code}/"


class ImpactBody(Body):
    component = Named(Component)
    level = serializers.ChoiceField(choices=ImpactLevel)


class PublicIncidentBody(Body):
    headline = Line(max_length=HEADLINE, help_text="In customers' words; the incident's title is never shown.")
    state = serializers.ChoiceField(
        choices=PublicState, required=False, help_text="From `monitoring` on, every part counts as working."
    )
    began_at = serializers.DateTimeField(required=False, help_text="Since when customers have noticed.")
    impacts = serializers.ListField(
        child=ImpactBody(), required=False, max_length=200, help_text="Replaces all: what is left out works."
    )
    waiver = Waiver()

    def validate(self, asked):
        if self.partial and "began_at" in asked:
            raise serializers.ValidationError({"began_at": ["This was said when it was published."]})
        if "impacts" in asked:
            asked["impacts"] = {each["component"]: each["level"] for each in asked["impacts"]}
        return asked


class PublicWithdrawal(Body):
    reason = Reason()
    waiver = Waiver()


class PublicEndpoint(Endpoint):
    def _answer(self, incident, status=200):
        return self.answer(PublicIncidentAnswer, self._shown(incident), status=status)

    def _shown(self, incident):
        public = self.find(PublicIncident.objects.shown(), incident=incident)
        public.incident = incident
        return public


class OnePublicIncident(PublicEndpoint):
    @operation(answer=PublicIncidentAnswer)
    def get(self, request, number):
        """Read what the public sees of an incident; 404 while it is not on the status page."""
        return self._answer(find_incident(request, number))

    @operation(
        body=PublicIncidentBody,
        answer=PublicIncidentAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "Customers notice", {"headline": "Paying by card takes long", "impacts": []}, request_only=True
            )
        ],
    )
    def post(self, request, number):
        """Put an incident on the status page. Its updates to customers stand there too, those of before included."""
        incident = find_incident(request, number)
        PublicIncident.publish(incident, by=self.member, **self.body(PublicIncidentBody))
        return self._answer(incident, status=201)

    @operation(body=PublicIncidentBody(partial=True), answer=PublicIncidentAnswer)
    def patch(self, request, number):
        """Change what the status page says of an incident."""
        incident = find_incident(request, number)
        public = self._shown(incident)
        with unchanged_is_fine():
            public.change(by=self.member, **self.body(PublicIncidentBody, partial=True))
        return self._answer(incident)


class PublicIncidentWithdrawal(PublicEndpoint):
    @operation(body=PublicWithdrawal, status=204)
    def post(self, request, number):
        """Take an incident off the status page."""
        public = self._shown(find_incident(request, number))
        public.withdraw(by=self.member, **self.body(PublicWithdrawal))
        return Response(status=204)
