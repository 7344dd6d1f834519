"""Writing an update to an audience, and reading one afterwards."""

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ..composer import Composer
from ..forms.updates import UpdateForm
from ..lookups import find_incident
from ..models import StatusUpdate
from .acting import act_form, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def update_new(request, number):
    """`?audience=` chooses the tier; without it, the one that is due next."""
    incident = find_incident(request, number)
    composer = composer_of(request, incident)
    form = UpdateForm(posted(request), composer=composer)
    if form.is_valid():
        with form.refusals():
            entry = StatusUpdate.publish(
                incident,
                composer.audience,
                form.body,
                by=request.membership,
                next_update_at=form.next_update_at,
                waiver=form.cleaned_data["waiver"],
                key=form.cleaned_data["key"],
            )
            return done(request, entry, to=address_of(request, entry))
    return act_form(request, "update_new", **composed(incident, composer, form))


@require_POST
def update_preview(request, number):
    """How the text would arrive as it stands; nothing is saved and nobody is told."""
    incident = find_incident(request, number)
    composer = composer_of(request, incident)
    context = composed(incident, composer, UpdateForm(request.POST, composer=composer))
    if request.htmx:
        return render(request, "incidents/_arrivals.html", context)
    return act_form(request, "update_new", **context)


@require_GET
def update(request, number, update):
    """What one audience was told, and where it went."""
    incident = find_incident(request, number)
    readable = incident.updates.visible_to(request.membership).with_people()
    told = get_object_or_404(readable, number=update)
    return render(request, "incidents/update.html", {"incident": incident, "update": told})


def composer_of(request, incident):
    return Composer(incident, request.membership, request.GET.get("audience"))


def composed(incident, composer, form):
    arrivals = composer.arrivals(form.body, form.next_update_at)
    title = f"Update to {composer.audience.label.lower()}"
    return {"title": title, "incident": incident, "composer": composer, "form": form, "arrivals": arrivals}


def address_of(request, entry):
    number, update = entry.incident.number, entry.details["number"]
    return reverse("incidents:update", kwargs={"org": request.organization.slug, "number": number, "update": update})
