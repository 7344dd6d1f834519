"""What we know: versions, who writes the next one, and whom the lead has named for it."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from teams.api.endpoint import Endpoint, etag
from teams.api.pages import Paging, pages_of
from teams.api.problems import Stale
from teams.api.schema import operation
from teams.api.shapes import Answer, Body, Person, Text, Waiver
from teams.errors import Refused

from ..lookups import find_incident
from ..models import Synthesis, SynthesisDelegation, SynthesisEditing
from ..models.findings import Confidence, FindingState
from ..models.synthesis import FIELDS, LIMIT, LINES, LONGEST_DELEGATION
from .parts import FindingPart
from .reach import require_responder

MOST_SOURCES = 50


class SourceAnswer(Answer):
    field = serializers.CharField(help_text="The line that it stands behind; empty: all of it.")
    finding = serializers.IntegerField(source="finding_id")
    number = serializers.IntegerField(source="finding.number")
    state = serializers.ChoiceField(choices=FindingState, source="finding.state")
    corrected_by = serializers.IntegerField(
        source="finding.corrected_by.pk", default=None, allow_null=True, help_text="The finding in its place."
    )


class SynthesisAnswer(Answer):
    id = serializers.IntegerField()
    version = serializers.IntegerField(help_text="1…n in the incident; also the `ETag`.")
    known = serializers.CharField()
    unknown = serializers.CharField()
    doing = serializers.CharField()
    next = serializers.CharField()
    impact = serializers.CharField()
    expected = serializers.CharField()
    ask = serializers.CharField()
    confidence = serializers.ChoiceField(choices=[("", ""), *Confidence.choices], help_text="In what is expected.")
    sources = SourceAnswer(source="sources.all", many=True, help_text="The findings behind it that you may know of.")
    near_copies = serializers.ListField(
        child=serializers.CharField(), help_text="Lines that repeat a finding nearly word for word."
    )
    published_by = Person(allow_null=True)
    published_at = serializers.DateTimeField()
    challenge = serializers.CharField(source="challenge_reason", help_text="Why somebody holds it to be wrong.")
    challenged_by = Person(allow_null=True)
    challenged_at = serializers.DateTimeField(allow_null=True)


def _line(line, **options):
    return Text(max_length=LIMIT, help_text=f"{line.hint}.", **options)


def _findings(**options):
    return serializers.ListField(
        child=FindingPart(required=True, allow_null=False), required=False, max_length=MOST_SOURCES, **options
    )


class Sources(Body):
    """Findings by the line that they stand behind."""

    def get_fields(self):
        return {name: _findings() for name in FIELDS}


class NewSynthesis(Body):
    findings = _findings(help_text="Those behind all of it.")
    sources = Sources(required=False, help_text="Those behind single lines.")
    confidence = serializers.ChoiceField(choices=Confidence, required=False, allow_blank=True)
    waiver = Waiver()

    def get_fields(self):
        known, *others = LINES
        lines = {line.name: _line(line, required=False, allow_blank=True) for line in others}
        return {known.name: _line(known), **lines, **super().get_fields()}

    def validate(self, asked):
        sources = {**asked.pop("sources", {}), "": asked.pop("findings", [])}
        return {**asked, "sources": {name: findings for name, findings in sources.items() if findings}}


class Challenge(Body):
    reason = Text(max_length=1000)


class EditingAnswer(Answer):
    editor = Person(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True, help_text="It lapses then, unless it is claimed again.")


class Claim(Body):
    take_over = serializers.BooleanField(required=False, help_text="Although somebody else is writing.")


class DelegationAnswer(Answer):
    member = Person(source="delegate", allow_null=True)
    until = serializers.DateTimeField(allow_null=True)
    given_by = Person(allow_null=True)


class NewDelegation(Body):
    member = Person(source="delegate")
    minutes = serializers.IntegerField(min_value=1, max_value=LONGEST_DELEGATION)
    waiver = Waiver()


class SynthesisEndpoint(Endpoint):
    """Stakeholders are told in the words of updates: to them none of this exists."""

    def incident_of(self, request, number):
        incident = find_incident(request, number)
        require_responder(request)
        return incident

    def readable(self, incident):
        return incident.syntheses.for_reading(self.member)

    def answer_version(self, synthesis, *, status=200):
        return self.answer(SynthesisAnswer, synthesis, status=status, headers={"ETag": etag(synthesis.version)})


class Syntheses(SynthesisEndpoint):
    @operation(answer=pages_of(SynthesisAnswer), query=Paging)
    def get(self, request, number):
        """List what was said to be known, the newest version first. The `ETag` is the current version, 0 for none."""
        incident = self.incident_of(request, number)
        current = incident.syntheses.current()
        page = self.page(SynthesisAnswer, self.readable(incident), key="version")
        page["ETag"] = etag(current.version if current else 0)
        return page

    @operation(
        body=NewSynthesis,
        answer=SynthesisAnswer,
        status=201,
        if_match=True,
        examples=[
            OpenApiExample(
                "First words",
                {
                    "known": "Paying by card fails for customers in Europe.",
                    "unknown": "Whether orders are lost.",
                    "doing": "Tariq rolls the gateway back.",
                    "next": "If that does not help, we move to the second provider.",
                    "impact": "About 8 % of orders.",
                    "expected": "Within the hour",
                    "confidence": "medium",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request, number):
        """Say what is known now, on top of the version in `If-Match`; 412 says what changed meanwhile."""
        incident = self.incident_of(request, number)
        asked = self.body(NewSynthesis)
        try:
            entry = Synthesis.publish(incident, by=self.member, basis=self._basis(incident), **asked)
        except Refused as refused:
            if refused.code != "stale_basis":
                raise
            raise Stale(refused.sentence, code=refused.code, **refused.facts) from None
        return self.answer_version(self.readable(incident).get(version=entry.details["version"]), status=201)

    def _basis(self, incident):
        """The version that was read; None where the program does not say. What names no version is none of ours."""
        wanted = self.request.headers.get("If-Match", "*").strip()
        if wanted == "*":
            return None
        versions = [int(tag) if tag.isascii() and tag.isdigit() else -1 for tag in _tags(wanted)]
        current = incident.syntheses.current()
        return current.version if current and current.version in versions else next(iter(versions), -1)


class OneSynthesis(SynthesisEndpoint):
    @operation(answer=SynthesisAnswer)
    def get(self, request, number, pk):
        """Read one version. Its `ETag` is its number."""
        return self.answer_version(self.find(self.readable(self.incident_of(request, number)), pk=pk))


class SynthesisChallenge(SynthesisEndpoint):
    @operation(body=Challenge, answer=SynthesisAnswer)
    def post(self, request, number, pk):
        """Challenge the current version. It stays until a new one is published; who leads and who wrote it are told."""
        incident = self.incident_of(request, number)
        synthesis = self.find(self.readable(incident), pk=pk)
        synthesis.incident = incident
        synthesis.challenge(by=self.member, **self.body(Challenge))
        return self.answer_version(self.readable(incident).get(pk=pk))


class Editing(SynthesisEndpoint):
    @operation(answer=EditingAnswer)
    def get(self, request, number):
        """Read who is writing the next version. It keeps nobody else from publishing."""
        return self._answer(SynthesisEditing.of(self.incident_of(request, number), timezone.now()))

    @operation(body=Claim, answer=EditingAnswer)
    def put(self, request, number):
        """Say that you are writing, for two minutes. Where somebody else is, the answer names them."""
        incident = self.incident_of(request, number)
        return self._answer(SynthesisEditing.claim(incident, by=self.member, **self.body(Claim)))

    @operation(status=204)
    def delete(self, request, number):
        """Say that you have stopped."""
        SynthesisEditing.release(self.incident_of(request, number), by=self.member)
        return Response(status=204)

    def _answer(self, editing):
        return self.answer(EditingAnswer, editing or {"editor": None, "since": None, "until": None})


class Delegation(SynthesisEndpoint):
    @operation(answer=DelegationAnswer)
    def get(self, request, number):
        """Read who hears findings and says what is known in the lead's place."""
        given = self._in_force(self.incident_of(request, number))
        return self.answer(DelegationAnswer, given or {"delegate": None, "until": None, "given_by": None})

    @operation(
        body=NewDelegation,
        answer=DelegationAnswer,
        examples=[OpenApiExample("An hour", {"member": "tariq@acme.test", "minutes": 60}, request_only=True)],
    )
    def put(self, request, number):
        """Name somebody for some minutes. Whoever was named before is not any more."""
        incident = self.incident_of(request, number)
        SynthesisDelegation.give(incident, by=self.member, **self.body(NewDelegation))
        return self.answer(DelegationAnswer, self._in_force(incident))

    @operation(status=204)
    def delete(self, request, number):
        """Take it back, or give it back."""
        incident = self.incident_of(request, number)
        given = self._in_force(incident)
        if given is None:
            raise Http404
        given.incident = incident
        given.end(by=self.member)
        return Response(status=204)

    def _in_force(self, incident):
        return incident.synthesis_delegations.in_force(timezone.now()).with_people().first()


def _tags(header):
    return [tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")]
