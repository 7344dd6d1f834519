"""Inviting people, and what they find behind the link."""

import logging
from smtplib import SMTPException

from allauth.account.utils import complete_signup
from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_POST

from .. import invitation_links
from ..accounts import InvitedForm
from ..authority import require_administrator
from ..errors import Refused
from ..forms import InvitationForm
from ..models import Invitation, Person
from ..tenancy import acting_in
from .answers import page

logger = logging.getLogger(__name__)

# Where the session keeps the link somebody came with: out of the address bar, histories and referrers.
PENDING = "invitation"


@require_http_methods(["GET", "POST"])
def invitations(request):
    require_administrator(request.membership)
    form = InvitationForm(request.POST or None, by=request.membership)
    if form.is_valid():
        invitation, key = Invitation.invite(by=request.membership, **form.cleaned_data)
        # An address that nobody has confirmed must not send mail to others.
        mailed = bool(settings.EMAIL_URL) and request.user.has_confirmed_email()
        if request.user.has_confirmed_email():
            transaction.on_commit(lambda: mail(invitation, key), robust=True)
        # Without a mail server the mail stays in the house, and this page is how the link gets out.
        link = invitation_links.link_to_copy(key) if settings.EMAIL_URL else invitation_links.link_to_mail(key)
        return page(request, "invited", invitation=invitation, link=link, mailed=mailed, status=201)
    pending = Invitation.objects.valid().select_related("invited_by__person", "function").latest_first()
    return page(request, "invitations", form=form, invitations=pending, here="invitations")


@require_POST
def revocation(request, pk):
    get_object_or_404(Invitation, pk=pk).revoke(by=request.membership)
    messages.success(request, "The invitation is revoked; its link leads nowhere now.")
    return redirect("teams:invitations", org=request.organization.slug)


def mail(invitation, key):
    context = {"invitation": invitation, "link": invitation_links.link_to_mail(key)}
    subject = " ".join(render_to_string("teams/mail/invitation_subject.txt", context).split())
    text = render_to_string("teams/mail/invitation_message.txt", context)
    try:
        send_mail(subject, text, None, [invitation.email])
    except (OSError, SMTPException):
        logger.exception("An invitation could not be mailed")


# --- Behind the link --------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def invite(request, key):
    """Take the key out of the address: keep it in the session and go on without it. Accepts nothing."""
    if request.method == "POST":
        return received(request, presented=key)
    request.session[PENDING] = key
    answer = redirect("teams:invitation_received")
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET", "POST"])
def received(request, presented=None):
    """What the invitation says; POST accepts it, or signs up for it."""
    invitation, proven = invitation_links.find(presented or request.session.get(PENDING, ""))
    if invitation is None:
        request.session.pop(PENDING, None)
        return render(request, "teams/invitation_closed.html", status=404)
    if not request.user.is_authenticated:
        return sign_up(request, invitation, proven)
    stranger = request.user.email != invitation.email
    if request.method == "POST" and not stranger:
        membership = accept(invitation, person=request.user, proven=proven)
        request.session.pop(PENDING, None)
        messages.success(request, f"You belong to {invitation.organization} now.")
        return redirect(membership.organization)
    unconfirmed = not proven and not request.user.has_confirmed_email()
    return page(
        request,
        "invitation",
        invitation=invitation,
        stranger=stranger,
        unconfirmed=unconfirmed,
        status=409 if request.method == "POST" else 200,
    )


@rate_limit(action="signup")
def sign_up(request, invitation, proven):
    """An account for the invited address; whoever has one signs in instead."""
    form = InvitedForm(request.POST or None, email=invitation.email)
    if form.is_valid() and proven and Person.objects.confirmed(invitation.email):
        form.add_error(None, "You have an account with this address already. Sign in with it to join.")
    if not form.is_valid():
        return page(request, "invitation", invitation=invitation, form=form, signed_out=True)
    with transaction.atomic():
        person = form.save()
        if proven:
            membership = accept(invitation, person=person, proven=proven)
    if not proven:
        # The link was handed over, so the address is still to be confirmed; the page behind it says so.
        return complete_signup(request, person, None, "/invite/")
    request.session.pop(PENDING, None)
    return complete_signup(request, person, None, membership.organization.get_absolute_url())


@transaction.atomic
def accept(invitation, *, person, proven):
    """Join, once the address is known to be the person's. Returns the membership."""
    if not person.has_confirmed_email():
        if not proven:
            raise Refused("Confirm your e-mail address first; we sent you a link.", code="email_unconfirmed")
        if Person.objects.confirmed(invitation.email):
            raise Refused("This address belongs to another account. Sign in with that one.", code="other_address")
        person.confirm_email()
    with acting_in(invitation.organization):
        if not Invitation.objects.valid().filter(pk=invitation.pk).exists():
            raise Http404
        membership = invitation.accept(person=person)
        membership.organization = invitation.organization
        return membership
