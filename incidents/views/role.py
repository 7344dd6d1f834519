"""A hat: taking it, giving it to somebody, putting it down."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from playbooks.models import RoleDefinition
from teams import markdown
from teams.models import TechnicalDomain

from .. import authority
from ..candidates import Candidates
from ..forms.acts import WaivableForm
from ..forms.roles import AnswerForm, RoleForm, SeizureForm
from ..lookups import find_incident, number_in
from ..models import RoleAssignment
from ..models.roles import RoleState, label_of, title_of
from .acting import act_form, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def role(request, number, role):
    """Without a `member`, or as that member, who asks takes what is vacant; otherwise the hat is given.

    Taking it over from somebody is a gift to oneself: the form then says which `holder` it was written for. A role that
    is held per domain is asked for with its `?domain=`.
    """
    incident = find_incident(request, number)
    definition, domain = known_role(request, role)
    candidates = Candidates(incident, definition, domain=domain, member=request.membership)
    form = RoleForm(
        posted(request), candidates=candidates.everybody, asker=request.membership, definition=definition, domain=domain
    )
    if form.is_valid():
        wanted = {"by": request.membership, "waiver": form.cleaned_data["waiver"], "domain": form.domain}
        with form.refusals():
            if form.cleaned_data["offered"]:
                return done(request, RoleAssignment.offer(incident, role, form.receiver, **wanted))
            if form.takes_vacant:
                return done(request, RoleAssignment.take(incident, role, **wanted))
            return done(request, RoleAssignment.assign(incident, role, form.receiver, **wanted))
    return act_form(
        request,
        "role",
        title=title_of(definition, domain),
        form=form,
        incident=incident,
        definition=definition,
        label=label_of(definition, domain),
        candidates=candidates,
        may_seize=bool(candidates.holder) and authority.may_seize(request.membership, incident, definition),
        query=query_of(request),
    )


@require_POST
def hand(request, number, role):
    """Raising a hand for a vacant hat."""
    incident = find_incident(request, number)
    _, domain = known_role(request, role)
    return done(request, RoleAssignment.volunteer(incident, role, by=request.membership, domain=domain))


@require_http_methods(["GET", "POST"])
def answer(request, number, role):
    """The card of a hat for whoever was given it, or is offered it: they have it, or they cannot."""
    incident = find_incident(request, number)
    assignment = _asked(request, incident, role)
    form = AnswerForm(posted(request))
    if form.is_valid():
        fields = form.cleaned_data
        with form.refusals():
            if fields["answer"] == "yes":
                return done(request, assignment.accept(by=request.membership, waiver=fields["waiver"]))
            return done(request, assignment.decline(by=request.membership, reason=fields["reason"]))
    return act_form(
        request,
        "role_card",
        title=f"You are asked: {assignment.label}",
        form=form,
        incident=incident,
        assignment=assignment,
        card=markdown.render(assignment.definition.card),
        query=query_of(request),
    )


@require_http_methods(["GET", "POST"])
def seizure(request, number, role):
    """Taking a hat off somebody's head in an emergency."""
    incident = find_incident(request, number)
    assignment = held_role(request, incident, role)
    form = SeizureForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, assignment.seize(by=request.membership, **form.cleaned_data))
    title = f"Take over: {assignment.label}"
    query = query_of(request)
    return act_form(request, "seizure", title=title, form=form, incident=incident, assignment=assignment, query=query)


@require_http_methods(["GET", "POST"])
def vacancy(request, number, role):
    """Putting the hat down, or taking it off somebody's head."""
    incident = find_incident(request, number)
    assignment = held_role(request, incident, role)
    form = WaivableForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, assignment.stand_down(by=request.membership, **form.cleaned_data))
    title = f"Leave it vacant: {assignment.label}"
    query = query_of(request)
    return act_form(request, "vacancy", title=title, form=form, incident=incident, assignment=assignment, query=query)


def _asked(request, incident, slug):
    """What waits for the viewer's own answer about a hat; 404 where nobody asked."""
    definition, domain = known_role(request, slug)
    rows = incident.roles.with_people().select_related("incident").of(definition.slug, domain)
    waiting = rows.filter(membership=request.membership, state__in=(RoleState.ASKED, RoleState.OFFERED))
    return get_object_or_404(waiting)


def known_role(request, slug):
    """The role that an address names, and the domain of its query string; 404 where they do not fit together."""
    definition = get_object_or_404(RoleDefinition.objects.select_related("function"), slug=slug)
    domain = request.GET.get("domain", "")
    if domain and not definition.per_domain:
        raise Http404("This role is one for all domains.")
    return definition, get_object_or_404(TechnicalDomain, slug=domain) if domain else None


def held_role(request, incident, slug):
    """The hat that somebody wears now: of several holders the one in `?holder=`, or else the viewer's own."""
    definition, domain = known_role(request, slug)
    held = incident.roles.current().with_people().select_related("incident").of(definition.slug, domain)
    if not definition.single:
        held = held.filter(membership=number_in(request, "holder") or request.membership.pk)
    return get_object_or_404(held)


def query_of(request):
    """What names the hat in the address beside the role, for the forms on its page."""
    return f"?{request.GET.urlencode()}" if request.GET else ""
