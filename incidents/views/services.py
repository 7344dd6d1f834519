"""Services that may be affected: one click says whether they are."""

from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from teams.models import Service

from ..lookups import find_incident, require_responder
from .answers import done


@require_POST
def service(request, number, slug):
    """`affected` in the form is `yes`, or anything else for no."""
    incident = find_incident(request, number)
    require_responder(request)
    found = get_object_or_404(Service, slug=slug)
    affected = request.POST.get("affected") == "yes"
    return done(request, incident.judge_service(found, affected=affected, by=request.membership))
