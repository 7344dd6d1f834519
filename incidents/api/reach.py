"""What part of an incident a program may read at all."""

from django.http import Http404


def require_responder(request):
    """Threads and alerts are for those who work on an incident: to stakeholders they do not exist."""
    if not request.membership.is_responder:
        raise Http404
