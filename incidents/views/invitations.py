"""Asking somebody into the incident, answering, and taking it back."""

from django.views.decorators.http import require_http_methods, require_POST

from ..candidates import on_call_among
from ..forms.participation import InvitationForm, RefusalForm, invitable
from ..lookups import find_incident, find_invitation, require_responder
from ..models import IncidentInvitation
from .acting import act_form, posted
from .answers import done
from .participation import people_url


@require_http_methods(["GET", "POST"])
def invitations(request, number):
    """Whom to ask, for what and why. Likely people stand beside a button."""
    incident = find_incident(request, number)
    require_responder(request)
    members = invitable(incident).exclude(pk=request.membership.pk)
    form = InvitationForm(posted(request), members=members, initial={"function": request.GET.get("function", "")})
    if form.is_valid():
        with form.refusals():
            entry = IncidentInvitation.invite(incident, form.invited, by=request.membership, **form.wishes)
            return done(request, entry, to=people_url(incident))
    near = on_call_among(members)
    return act_form(request, "invitations", title="Invite somebody", form=form, incident=incident, near=near)


@require_POST
def acceptance(request, number, pk):
    """I come."""
    incident = find_incident(request, number)
    return done(request, find_invitation(request, incident, pk).accept(by=request.membership))


@require_http_methods(["GET", "POST"])
def refusal(request, number, pk):
    """I do not, and why."""
    incident = find_incident(request, number)
    invitation = find_invitation(request, incident, pk)
    form = RefusalForm(posted(request))
    if form.is_valid():
        with form.refusals():
            entry = invitation.decline(by=request.membership, **form.cleaned_data)
            to = None if incident.is_visible_to(request.membership) else request.organization
            return done(request, entry, to=to)
    return act_form(
        request, "refusal", title="Decline the invitation", form=form, incident=incident, invitation=invitation
    )


@require_POST
def withdrawal(request, number, pk):
    """It is not needed any more."""
    incident = find_incident(request, number)
    entry = find_invitation(request, incident, pk).withdraw(by=request.membership)
    return done(request, entry, to=people_url(incident))
