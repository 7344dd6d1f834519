"""Is it alive, and does it do its work? For load balancers and for whoever watches from outside."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config import embedded
from notifications.models import Heartbeat

STALE_SECONDS = 60


@never_cache
@require_safe
def alive(request):
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def ready(request):
    """200 when everything works; else 503, and `reasons` says what does not.

    The pages go on working without Redis and without the scheduler, only nothing is sent and no clock speaks:
    route traffic by `/healthz`, raise the alarm by this.
    """
    last_pass = None
    reasons = []
    try:
        last_pass = Heartbeat.objects.filter(process="scheduler").values_list("seen_at", flat=True).first()
        reasons += stale(last_pass)
    except DatabaseError:
        connection.close()
        reasons.append("The database does not answer.")
    reasons += silent_broker() if settings.REDIS_URL else dead_threads()
    return JsonResponse(
        {"status": "unavailable" if reasons else "ready", "reasons": reasons, "last_full_pass_at": last_pass},
        status=503 if reasons else 200,
    )


def stale(last_pass):
    if last_pass is None:
        return ["The scheduler has not made a full pass yet."]
    age = (timezone.now() - last_pass).total_seconds()
    return [f"The scheduler made its last full pass {age:.0f} s ago."] if age > STALE_SECONDS else []


def silent_broker():
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as broker:
            broker.ping()
    except redis.RedisError:
        return ["Redis does not answer."]
    return []


def dead_threads():
    return [f"The {name} thread is not running." for name in embedded.celery.dead_threads()]
