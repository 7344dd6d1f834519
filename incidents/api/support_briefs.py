"""What agents say, in versions; and the liaison's digests for the room."""

from django.db import transaction
from rest_framework import serializers

from teams.api.endpoint import Endpoint, etag
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Person, Text

from ..lookups import find_incident
from ..models import SupportBrief, SupportDigest
from ..models.digests import MAX_LENGTH as LONGEST_DIGEST
from ..models.support_briefs import MAX_LENGTH
from .reach import require_responder


class BriefAnswer(Answer):
    version = serializers.IntegerField()
    say = serializers.CharField()
    avoid = serializers.CharField(help_text="What agents do not say.")
    workaround = serializers.CharField()
    next_update_at = serializers.DateTimeField(allow_null=True)
    written_by = Person()
    written_at = serializers.DateTimeField()


class NewBrief(Body):
    say = Text(max_length=MAX_LENGTH)
    avoid = Text(max_length=MAX_LENGTH, required=False, allow_blank=True)
    workaround = Text(max_length=MAX_LENGTH, required=False, allow_blank=True)
    next_update_at = serializers.DateTimeField(required=False, allow_null=True)


class DigestAnswer(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    text = serializers.CharField()
    figures = serializers.JSONField(help_text="`reports`, `customers`, `direction` and `symptoms` of that moment.")
    given_by = Person()
    given_at = serializers.DateTimeField()


class NewDigest(Body):
    text = Text(max_length=LONGEST_DIGEST)


class SupportBriefs(Endpoint):
    @listing(BriefAnswer)
    def get(self, request, number):
        """List the versions, the current one first; the `ETag` is its number. Whoever sees the incident reads them."""
        incident = find_incident(request, number)
        response = self.page(BriefAnswer, incident.support_briefs.for_reading())
        response["ETag"] = etag(SupportBrief.current_version(incident))
        return response

    @operation(body=NewBrief, answer=BriefAnswer, status=201, if_match=True)
    def post(self, request, number):
        """Say what agents tell customers from now on. Agents are told."""
        incident = find_incident(request, number)
        asked = self.body(NewBrief)
        with transaction.atomic():
            incident.lock()
            self.require_match(SupportBrief.current_version(incident))
            entry = SupportBrief.write(incident, by=self.member, **asked)
        brief = incident.support_briefs.for_reading().get(version=entry.details["version"])
        return self.answer(BriefAnswer, brief, status=201, headers={"ETag": etag(brief.version)})


class Digests(Endpoint):
    @listing(DigestAnswer)
    def get(self, request, number):
        """List the digests, the newest first. Stakeholders read briefings: 404."""
        incident = find_incident(request, number)
        require_responder(request)
        return self.page(DigestAnswer, incident.digests.for_reading())

    @operation(body=NewDigest, answer=DigestAnswer, status=201)
    def post(self, request, number):
        """Tell the room what customers say now, with the numbers of this moment."""
        incident = find_incident(request, number)
        entry = SupportDigest.give(incident, by=self.member, **self.body(NewDigest))
        digest = incident.digests.for_reading().get(pk=entry.details["digest"])
        return self.answer(DigestAnswer, digest, status=201)
