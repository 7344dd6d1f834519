"""The home page of an organisation, and the strip of open incidents along every page."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from ..home import Home


@require_GET
def home(request):
    home = Home(request.membership)
    return render(request, "incidents/home.html", {"home": home, "needs_you": home.waiting.count})


@require_GET
def strip(request):
    """The strip by itself, for htmx."""
    return render(request, "ui/_strip.html")
