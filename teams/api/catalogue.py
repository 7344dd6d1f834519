"""How the organisation is arranged: functions with who is on call, services, teams."""

from django.db import transaction
from django.db.models import Prefetch
from django.utils.text import slugify
from rest_framework import serializers

from ..models import Function, Membership, Service, Team, TechnicalDomain
from ..models.catalogue import slug_validator
from .endpoint import Endpoint
from .schema import listing, operation
from .shapes import Answer, Body, Line, ManyNamed, Named, Person, Text


class CatalogueAnswer(Answer):
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()


class CatalogueBody(Body):
    """A slug is made from the name where none is given; it never changes afterwards."""

    model = None

    slug = serializers.CharField(required=False, max_length=60, validators=[slug_validator])
    name = Line(max_length=120)
    description = Text(required=False, allow_blank=True, max_length=2000)

    def validate(self, asked):
        if self.partial:
            if "slug" in asked:
                raise serializers.ValidationError({"slug": ["A slug never changes."]})
            return asked
        slug = asked.setdefault("slug", slugify(asked["name"])[:60].strip("-"))
        if not slug:
            raise serializers.ValidationError({"slug": ["Give one: none can be made from this name."]})
        if self.model.objects.filter(slug=slug).exists():
            raise serializers.ValidationError({"slug": ["This slug is in use."]})
        return asked


class FunctionAnswer(CatalogueAnswer):
    on_call = Person(source="rota.on_call", default=None, allow_null=True)


class OnCall(Body):
    on_call = Person(source="membership", allow_null=True)


class ServiceAnswer(CatalogueAnswer):
    domain = Named(TechnicalDomain, allow_null=True)
    team = Named(Team, allow_null=True)
    depends_on = ManyNamed(Service, source="needed_services", help_text="What it needs to work.")


class ServiceBody(CatalogueBody):
    model = Service

    domain = Named(TechnicalDomain, required=False, allow_null=True)
    team = Named(Team, required=False, allow_null=True)
    depends_on = ManyNamed(Service, required=False, help_text="Replaces all; a circle is refused.")


class TeamAnswer(CatalogueAnswer):
    function = Named(Function)
    domain = Named(TechnicalDomain, allow_null=True)
    manager = Person(allow_null=True, help_text="Answers when an incident asks for somebody of the team.")
    members = serializers.SerializerMethodField()

    def get_members(self, team) -> serializers.ListField(child=serializers.EmailField()):
        return [member.email for member in team.current_members]


class TeamBody(CatalogueBody):
    model = Team

    function = Named(Function)
    domain = Named(TechnicalDomain, required=False, allow_null=True)
    manager = Person(required=False, allow_null=True)
    members = serializers.ListField(child=Person(), required=False, max_length=200)


class Functions(Endpoint):
    @listing(FunctionAnswer)
    def get(self, request):
        """List the functions, and who is on call for each."""
        return self.page(FunctionAnswer, functions(), ascending=True)


class OneFunction(Endpoint):
    @operation(answer=FunctionAnswer)
    def get(self, request, slug):
        """Read a function."""
        return self.answer(FunctionAnswer, self.find(functions(), slug=slug))

    @operation(body=OnCall, answer=FunctionAnswer)
    def patch(self, request, slug):
        """Put somebody on call for a function. Administrators only; null: nobody, so the administrators answer."""
        self.find(Function.objects.all(), slug=slug).put_on_call(by=self.member, **self.body(OnCall))
        return self.answer(FunctionAnswer, self.find(functions(), slug=slug))


class Services(Endpoint):
    @listing(ServiceAnswer)
    def get(self, request):
        """List the services."""
        return self.page(ServiceAnswer, services(), ascending=True)

    @operation(body=ServiceBody, answer=ServiceAnswer, status=201)
    def post(self, request):
        """Add a service. Administrators only."""
        asked = self.body(ServiceBody)
        needed = asked.pop("depends_on", [])
        with transaction.atomic():
            service = Service.add(by=self.member, **asked)
            if needed:
                service.rest_on(needed, by=self.member)
        return self.answer(ServiceAnswer, self.find(services(), slug=service.slug), status=201)


class OneService(Endpoint):
    @operation(answer=ServiceAnswer)
    def get(self, request, slug):
        """Read a service."""
        return self.answer(ServiceAnswer, self.find(services(), slug=slug))

    @operation(body=ServiceBody(partial=True), answer=ServiceAnswer)
    def patch(self, request, slug):
        """Change a service; `depends_on` replaces what it needs. Administrators only."""
        service = self.find(services(), slug=slug)
        asked = self.body(ServiceBody, partial=True)
        needed = asked.pop("depends_on", None)
        with transaction.atomic():
            service.change(by=self.member, **asked)
            if needed is not None:
                service.rest_on(needed, by=self.member)
        return self.answer(ServiceAnswer, self.find(services(), slug=slug))


class Teams(Endpoint):
    @listing(TeamAnswer)
    def get(self, request):
        """List the teams and their members."""
        return self.page(TeamAnswer, teams(), ascending=True)

    @operation(body=TeamBody, answer=TeamAnswer, status=201)
    def post(self, request):
        """Add a team. Administrators only."""
        asked = self.body(TeamBody)
        members = asked.pop("members", [])
        with transaction.atomic():
            team = Team.add(by=self.member, **asked)
            team.consist_of(members, by=self.member)
        return self.answer(TeamAnswer, self.find(teams(), slug=team.slug), status=201)


class OneTeam(Endpoint):
    @operation(answer=TeamAnswer)
    def get(self, request, slug):
        """Read a team."""
        return self.answer(TeamAnswer, self.find(teams(), slug=slug))

    @operation(body=TeamBody(partial=True), answer=TeamAnswer)
    def patch(self, request, slug):
        """Change a team; `members` replaces them all. Administrators only."""
        team = self.find(teams(), slug=slug)
        asked = self.body(TeamBody, partial=True)
        members = asked.pop("members", None)
        with transaction.atomic():
            team.change(by=self.member, **asked)
            if members is not None:
                team.consist_of(members, by=self.member)
        return self.answer(TeamAnswer, self.find(teams(), slug=slug))


def functions():
    return Function.objects.select_related("rota__on_call__person")


def services():
    needed = Prefetch("depends_on", Service.objects.order_by("slug"), to_attr="needed_services")
    return Service.objects.select_related("domain", "team").prefetch_related(needed)


def teams():
    people = Prefetch("members", Membership.objects.active().with_people().in_order(), to_attr="current_members")
    return Team.objects.select_related("function", "domain", "manager__person").prefetch_related(people)
