"""Drafts: the next word to each audience while it is written."""

from django.http import Http404
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from playbooks.models import Audience
from teams.api.endpoint import Endpoint, etag
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Person, Reason, Text, Waiver

from ..drafting import house_of
from ..lookups import find_incident
from ..models import UpdateDraft
from ..models.updates import OUTER_AUDIENCES
from ..wording import flags_in
from .reach import require_responder
from .updates import UpdateAnswer, find_update


class FlagAnswer(Answer):
    code = serializers.CharField(help_text="`machine`, `person`, `jargon`, `cause`, `estimate` or `raw`.")
    part = serializers.CharField()
    word = serializers.CharField()
    sentence = serializers.CharField()
    instead = serializers.CharField()


class DraftAnswer(Answer):
    id = serializers.IntegerField()
    audience = serializers.ChoiceField(choices=Audience)
    version = serializers.IntegerField(help_text="What `If-Match` names.")
    body = serializers.DictField(child=serializers.CharField())
    no_change = serializers.CharField()
    next_minutes = serializers.IntegerField(allow_null=True)
    synthesis = serializers.IntegerField(
        source="synthesis.version", default=None, allow_null=True, help_text="What we know, as it was written on."
    )
    written_by = Person(allow_null=True)
    written_at = serializers.DateTimeField()
    proposed_by = Person(allow_null=True)
    confirmed_by = Person(allow_null=True)
    confirmed_at = serializers.DateTimeField(allow_null=True)


class CheckedDraft(DraftAnswer):
    flags = FlagAnswer(many=True, help_text="What the word check says; it stops nothing.")


class Writing(Body):
    body = serializers.DictField(
        child=Text(allow_blank=True, max_length=1000),
        help_text="The fields of the audience; an unfinished one may lack some.",
    )
    no_change = Reason(max_length=500)
    next_minutes = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=1440)


class Nothing(Body):
    """The version is in `If-Match`."""


class SayingIt(Body):
    waiver = Waiver()


class DraftEndpoint(Endpoint):
    def incident_of(self, request, number, audience):
        require_responder(request)
        incident = find_incident(request, number)
        if audience not in Audience.values:
            raise Http404
        return incident

    def open_draft(self, incident, audience):
        draft = incident.drafts.open().with_people().filter(audience=audience).first()
        if draft:
            draft.incident = incident
        return draft

    def draft_of(self, request, number, audience):
        draft = self.open_draft(self.incident_of(request, number, audience), audience)
        if draft is None:
            raise Http404
        self.require_match(draft.version)
        return draft

    def checked(self, draft):
        outer = draft.audience in OUTER_AUDIENCES
        draft.flags = flags_in(draft.body, house_of(draft.incident, draft.synthesis)) if outer else []
        return self.answer(CheckedDraft, draft, headers={"ETag": etag(draft.version)})


class Drafts(Endpoint):
    @listing(DraftAnswer)
    def get(self, request, number):
        """List the open drafts, at most one for each audience."""
        require_responder(request)
        incident = find_incident(request, number)
        return self.page(DraftAnswer, incident.drafts.open().with_people(), ascending=True)


class OneDraft(DraftEndpoint):
    @operation(answer=CheckedDraft)
    def get(self, request, number, audience):
        """Read the open draft to an audience, with what the word check says."""
        draft = self.open_draft(self.incident_of(request, number, audience), audience)
        if draft is None:
            raise Http404
        return self.checked(draft)

    @operation(
        body=Writing,
        answer=CheckedDraft,
        examples=[
            OpenApiExample(
                "To customers",
                {"body": {"what_is_happening": "Paying by card takes longer than usual."}, "next_minutes": 30},
                request_only=True,
            )
        ],
    )
    def put(self, request, number, audience):
        """Save the text. `If-Match` with the version you read; another one meanwhile is 412, and nothing is lost."""
        incident = self.incident_of(request, number, audience)
        asked = self.body(Writing)
        draft = self.open_draft(incident, audience)
        self.require_match(draft.version if draft else 0)
        UpdateDraft.keep(incident, audience, by=self.member, version=draft.version if draft else 0, **asked)
        return self.checked(self.open_draft(incident, audience))

    @operation(status=204)
    def delete(self, request, number, audience):
        """Discard the draft."""
        self.draft_of(request, number, audience).discard(by=self.member)
        return Response(status=204)


class DraftConfirmation(DraftEndpoint):
    @operation(body=Nothing, answer=CheckedDraft)
    def post(self, request, number, audience):
        """Confirm the facts of a draft that somebody else has written."""
        draft = self.draft_of(request, number, audience)
        draft.confirm(by=self.member)
        return self.checked(self.open_draft(draft.incident, audience))


class DraftPublication(DraftEndpoint):
    @operation(body=SayingIt, answer=UpdateAnswer, status=201)
    def post(self, request, number, audience):
        """Say it. It leaves after ten seconds, until which `…/updates/{id}/taking-back/` takes it back."""
        draft = self.draft_of(request, number, audience)
        entry = draft.publish(by=self.member, **self.body(SayingIt))
        return self.answer(UpdateAnswer, find_update(self, request, number, entry.details["update"]), status=201)


class Holding(DraftEndpoint):
    @operation(body=SayingIt, answer=UpdateAnswer, status=201)
    def post(self, request, number, audience):
        """Say the holding text of this severity, which needs no confirmation, before anything else was said."""
        incident = self.incident_of(request, number, audience)
        entry = UpdateDraft.publish_holding(incident, audience, by=self.member, **self.body(SayingIt))
        return self.answer(UpdateAnswer, find_update(self, request, number, entry.details["update"]), status=201)


class TakingBack(Endpoint):
    @operation(body=Nothing, answer=UpdateAnswer)
    def post(self, request, number, pk):
        """Take an update back while it has not left: it goes to nobody, and its text is a draft again."""
        update = find_update(self, request, number, pk)
        update.take_back(by=self.member)
        return self.answer(UpdateAnswer, find_update(self, request, number, pk))
