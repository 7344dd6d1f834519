"""The doors for monitoring. What is sent is stored before anybody is told that it was received."""

from django.db import transaction
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from teams import secrets
from teams.api.parsing import Malformed, TooLarge, read_json
from teams.api.problems import problem_response
from teams.models import Organization
from teams.tenancy import acting_in

from ..models import AlertPayload, Integration
from ..models.alerts import INGEST_PREFIX
from . import reports
from .intake import take_in

MAX_BYTES = 1_000_000
MAX_KEYS = 20_000

READERS = {
    Integration.Kind.ALERTMANAGER: reports.read_alertmanager,
    Integration.Kind.GRAFANA: reports.read_alertmanager,
    Integration.Kind.GENERIC: reports.read_generic,
    Integration.Kind.EVENTS: reports.read_event,
}


@csrf_exempt
@require_POST
def ingest(request, key, kind):
    """`POST /ingest/<key>/<kind>`: 202 with what was stored."""
    return _receive(request, kind, key)


@csrf_exempt
@require_POST
def enqueue(request):
    """`POST /v2/enqueue`, with the key as `routing_key` in the body, and an answer in that API's own words."""
    return _receive(request, Integration.Kind.EVENTS)


def _receive(request, kind, key=None):
    body = request.read(MAX_BYTES + 1)
    try:
        payload = read_json(body, max_bytes=MAX_BYTES, max_keys=MAX_KEYS)
    except TooLarge as error:
        return problem_response(413, "too_large", str(error.detail))
    except Malformed as error:
        return problem_response(400, "malformed", str(error))
    if key is None:
        key = payload.get("routing_key") if isinstance(payload, dict) else None
    organization = _organization_of(key)
    if not organization:
        return _unknown()
    with acting_in(organization), transaction.atomic():
        integration = Integration.objects.with_key(key).filter(kind=kind).first()
        if integration is None:
            return _unknown()
        return _store(integration, payload, body.decode("utf-8-sig"))


def _store(integration, payload, text):
    """Keep the payload, whatever it says; then read it. What cannot be read is refused, and kept all the same."""
    stored = AlertPayload.objects.create(integration=integration, body=_without_key(text, payload))
    try:
        alerts = take_in(integration, READERS[integration.kind](payload))
    except reports.Unreadable as error:
        stored.problem = f"{error.field}: {error}"[:300]
        stored.save(update_fields=["problem"])
        return problem_response(
            422,
            "invalid",
            "This payload cannot be read; it is kept.",
            errors=[{"field": error.field, "message": str(error)}],
        )
    answer = {
        "status": "success",
        "message": "Stored.",
        "alerts": [{"id": alert.pk, "dedup_key": alert.dedup_key, "state": alert.state} for alert in alerts],
    }
    if integration.kind == Integration.Kind.EVENTS:
        answer["dedup_key"] = alerts[0].dedup_key if alerts else payload.get("dedup_key")
    return JsonResponse(answer, status=202)


def _without_key(text, payload):
    """The payload as it came, less the secret that the Events shape carries inside."""
    key = payload.get("routing_key") if isinstance(payload, dict) else None
    return text.replace(key, "…") if isinstance(key, str) and key else text


def _organization_of(key):
    organization_id = secrets.organization_id_in(key, INGEST_PREFIX) if isinstance(key, str) else None
    return organization_id and Organization.objects.filter(pk=organization_id).first()


def _unknown():
    return problem_response(404, "not_found", "No integration of this kind has this key.")
