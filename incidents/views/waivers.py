"""Settling a gap with a reason instead of filling it."""

from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from ..forms.waivers import GapWaiverForm
from ..guards import Facts, gaps_of
from ..lookups import find_incident, require_responder
from ..models import GuardWaiver
from .acting import act_form, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def waivers(request, number):
    """`?guard=` and `?subject=` name the gap; one that is filled meanwhile leads back to the board."""
    incident = find_incident(request, number)
    require_responder(request)
    form = GapWaiverForm(posted(request), initial=request.GET.dict())
    if form.is_valid():
        with form.refusals():
            return done(request, GuardWaiver.grant(incident, by=request.membership, **form.cleaned_data))
    gap = standing_gap(incident, form["guard"].value(), form["subject"].value(), viewer=request.membership)
    if gap is None and not form.refusal:
        return redirect("incidents:gaps", org=request.organization.slug, number=incident.number)
    return act_form(request, "waiver", title="Nothing has to be done", form=form, incident=incident, gap=gap)


def standing_gap(incident, guard, subject, *, viewer):
    """The gap as it stands now, or None."""
    return next(
        (
            gap
            for gap in gaps_of(Facts.of(incident, viewer=viewer))
            if (gap.code, gap.subject) == (guard, subject or "")
        ),
        None,
    )
