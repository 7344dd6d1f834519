"""A hat: taking it, giving it to somebody, putting it down."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from playbooks.models import IncidentRole

from ..candidates import Candidates
from ..forms.roles import ReleaseForm, RoleForm
from ..lookups import find_incident
from ..models import RoleAssignment
from ..models.roles import ROLES
from .acting import act_form, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def role(request, number, role):
    """Without a `member`, or as that member, who asks takes what is vacant; otherwise the hat is given.

    Taking it over from somebody is a gift to oneself: the form then says which `holder` it was written for.
    """
    incident = find_incident(request, number)
    role = known_role(role)
    candidates = Candidates(incident, role)
    form = RoleForm(posted(request), candidates=candidates.everybody, asker=request.membership)
    if form.is_valid():
        with form.refusals():
            if form.takes_vacant:
                return done(request, RoleAssignment.take(incident, role, by=request.membership))
            waiver = form.cleaned_data["waiver"]
            entry = RoleAssignment.assign(incident, role, form.receiver, by=request.membership, waiver=waiver)
            return done(request, entry)
    return act_form(request, "role", title=role.label, form=form, incident=incident, role=role, candidates=candidates)


@require_http_methods(["GET", "POST"])
def vacancy(request, number, role):
    """Putting the hat down, or taking it off somebody's head."""
    incident = find_incident(request, number)
    role = known_role(role)
    held = incident.roles.current().with_people().select_related("incident").filter(role=role)
    assignment = get_object_or_404(held)
    form = ReleaseForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, assignment.stand_down(by=request.membership, **form.cleaned_data))
    title = f"Leave it vacant: {role.label.lower()}"
    return act_form(request, "vacancy", title=title, form=form, incident=incident, role=role, assignment=assignment)


def known_role(word):
    if word not in ROLES:
        raise Http404("No such role.")
    return IncidentRole(word)
