"""What was kept because nobody was there to take it: an organisation's messages, and mail on one's own machine."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from teams.models import Person

from ..models import Delivery
from ..outbox import kept_mail

SHOWN = 100
LOOPBACK_NAMES = ("localhost",)
# A proxy speaks for somebody else, wherever it stands itself.
PROXY_HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via")


@require_safe
def outbox(request):
    """The organisation's kept messages: all of them for administrators, their own for everybody else."""
    kept = Delivery.objects.kept().for_reading().latest_first()
    if not request.membership.is_administrator:
        kept = kept.filter(recipient=request.membership)
    return render(
        request,
        "notifications/outbox.html",
        {
            "kept": kept[:SHOWN],
            "keeps_mail": not settings.EMAIL_URL,
            "keeps_texts": not (settings.SMS_GATEWAY_URL or settings.TWILIO_ACCOUNT_SID),
            "section": "deliveries",
            "here": "outbox",
        },
    )


@never_cache
@require_safe
def own_mail(request):
    """Mail kept on this machine, as long as no mail server is set up.

    Who is signed in reads what was sent to their own addresses. Who is not may be a newcomer who waits for a link to
    confirm an address or set a password: they read account mail, but only from the very machine it runs on.
    """
    if settings.EMAIL_URL:
        raise Http404("Mail is sent by a mail server.")
    if request.user.is_authenticated:
        own = mailboxes_of(request.user, claimed_too=is_at_the_machine(request))
        found = kept_mail(lambda mail: bool(own & mail.to))
    elif is_at_the_machine(request):
        found = kept_mail(lambda mail: not mail.of_incident)
    else:
        raise Http404("Only from the machine itself.")
    return render(request, "notifications/own_mail.html", {"mails": found})


def mailboxes_of(person, *, claimed_too):
    """The addresses a person has confirmed; `claimed_too`, also those they only claim and nobody has confirmed.

    Anybody may claim any address, so a claim alone must not open the links that were sent there.
    """
    addresses = {(address.email.lower(), address.verified) for address in person.emailaddress_set.all()}
    return {
        email
        for email, confirmed in addresses
        if confirmed or (claimed_too and Person.objects.confirmed(email) is None)
    }


def is_at_the_machine(request):
    """Whether the one who asks sits at the machine: no proxy between, and no other name for it anywhere.

    A proxy on the same machine would make everybody look local; who has one has set BASE_URL to the name people
    type, and a name that is not the machine's own shuts this door.
    """
    if settings.ALLAUTH_TRUSTED_PROXY_COUNT or any(name in request.headers for name in PROXY_HEADERS):
        return False
    hosts = (request.META.get("REMOTE_ADDR", ""), _host(request.get_host()), urlsplit(settings.BASE_URL).hostname or "")
    return all(_is_loopback(host) for host in hosts)


def _host(address):
    return urlsplit(f"//{address}").hostname or ""


def _is_loopback(host):
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES
