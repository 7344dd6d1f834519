"""Through which lens a member looks at the room. Theirs alone: no right hangs on it, and nothing is recorded."""

from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from ..lenses import LENSES
from ..lookups import find_incident
from ..models import Participant


@require_POST
def lens(request, number):
    """Remember the one that is named; without one, or with one that nobody knows, it goes by the role again."""
    incident = find_incident(request, number)
    asked, stream = request.POST.get("lens", ""), request.POST.get("stream", "")
    Participant.look_through(incident, request.membership, asked if asked in LENSES else "")
    return redirect(f"{incident.get_absolute_url()}?stream={stream}" if stream.isalnum() else incident)
