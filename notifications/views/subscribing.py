"""Asking to hear of a status page, proving that an address is one's own, choosing, and leaving again.

Nothing here tells whether an address is known: every answer is the same, and what differs goes to the address itself.
No form needs a cookie: what it does follows from a link or a code that only the owner of the address has.
"""

from functools import wraps

from allauth.account.adapter import get_adapter
from django.core import signing
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template import loader
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from teams.errors import Refused
from teams.tenancy import acting_in

from ..broadcast import sign_up
from ..limits import HOUR, may_ask, within
from ..models import StatusPage, Subscriber
from ..models.subscribers import LINK_LIFE
from ..public_door import Away, Database
from ..status_forms import ChoiceForm, CodeForm, SubscribeForm
from .status_page import organization_at

# Sign-ups in an hour from one place; codes tried in an hour from one place.
FROM_ONE_PLACE, TRIES = 20, 60


class DeadLink(Exception):
    """A link that opens nothing (any more); `status` is 404 for one that is none of ours, else 410."""

    def __init__(self, why, status):
        super().__init__(why)
        self.why, self.status = why, status

    def answer(self, organization):
        """In words for whoever opened it; on a page that is not published, none are said to strangers."""
        page = StatusPage.of(organization)
        if self.status == 404 and not page.published:
            raise Http404("No such link.")
        return answer("dead_link", page, why=self.why, root="../../", status=self.status)


def outside(view):
    """Open the organisation's scope around a stranger's request; nothing of it is kept anywhere on the way."""

    @csrf_exempt
    @require_http_methods(["GET", "POST"])
    @wraps(view)
    def opened(request, page, **kwargs):
        try:
            with Database.asked():
                organization = organization_at(page or request.host_page)
                with acting_in(organization):
                    try:
                        response = view(request, organization, **kwargs)
                    except DeadLink as dead:
                        response = dead.answer(organization)
        except Away:
            response = HttpResponse(loader.get_template("status/away.html").render(), status=503)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return opened


@outside
def subscribe(request, organization):
    page = published(organization)
    form = SubscribeForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return answer("subscribe", page, form=form, root="../")
    if not within(f"sign-ups:{place_of(request)}", FROM_ONE_PLACE, HOUR):
        return too_often(page)
    if form.cleaned_data["website"]:
        return answer("look_in_your_mail", page, root="../")
    channel, address = form.address
    subscriber = Subscriber.objects.filter(channel=channel, address=address).first()
    # Beyond the limit nothing is done, not even a fresh code, and the answer is the same.
    if may_ask(address, channel, organization) or not subscriber:
        subscriber = sign_up(page, channel, address, form.chosen)
    if channel == Subscriber.Channel.SMS:
        return HttpResponseRedirect(f"../code/{subscriber.token('code')}/")
    return answer("look_in_your_mail", page, root="../")


@outside
def code(request, organization, token):
    """The code proves the number; the way on is the link that an e-mail would have brought."""
    page = published(organization)
    subscriber, turn = named_by(token, "code", organization)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if not within(f"codes:{place_of(request)}", TRIES, HOUR):
            return too_often(page)
        if turn == subscriber.turn and subscriber.try_code(form.cleaned_data["code"]):
            return HttpResponseRedirect(f"../../confirm/{subscriber.token('confirm')}/")
        form.add_error("code", "This is not the code, or it is older than 15 minutes.")
    return answer("code", page, form=form, root="../../")


@outside
def confirm(request, organization, token):
    """Opening the link shows what it is for; the button confirms, and later changes what about."""
    page = published(organization)
    subscriber, turn = named_by(token, "confirm", organization, max_age=LINK_LIFE)
    return choosing(request, page, subscriber, turn, confirms=True)


@outside
def manage(request, organization, token):
    """The lasting link of every message: what one hears of, and out of all of it. Good until its owner leaves."""
    subscriber, turn = named_by(token, "manage", organization)
    return choosing(request, StatusPage.of(organization), subscriber, turn)


def choosing(request, page, subscriber, turn, *, confirms=False):
    """The form with the parts; only sending it changes anything."""
    if turn != subscriber.turn or not (confirms or subscriber.is_confirmed) or subscriber.left_at:
        raise DeadLink("left", 410)
    initial = {"components": [each.slug for each in subscriber.components.all()]}
    form = ChoiceForm(request.POST if request.method == "POST" else None, initial=initial)
    done = form.is_valid()
    if done:
        try:
            if confirms:
                subscriber.confirm(turn)
            subscriber.choose(form.chosen, turn=turn)
        except Refused:
            # They left in this very moment, in another window.
            raise DeadLink("left", 410) from None
    ways = {
        "leave": f"../../unsubscribe/{subscriber.token('leave')}/",
        "manage": f"../../manage/{subscriber.token('manage')}/",
    }
    return answer("confirm", page, form=form, subscriber=subscriber, done=done, ways=ways, root="../../")


@outside
def leave(request, organization, token):
    """Works for as long as there are messages with the link in them; mail programs post by themselves."""
    subscriber, _ = named_by(token, "leave", organization)
    if request.method == "POST":
        subscriber.leave()
    return answer("leave", StatusPage.of(organization), done=subscriber.left_at is not None, root="../../")


def published(organization):
    page = StatusPage.of(organization)
    if not page.published:
        raise Http404("No such page.")
    return page


def named_by(token, purpose, organization, *, max_age=None):
    """`(subscriber, turn)` of a token of ours; `DeadLink` for every other, and for one of another organisation."""
    try:
        organization_id, pk, turn = Subscriber.read(token, purpose, max_age=max_age)
    except signing.SignatureExpired:
        raise DeadLink("old", 410) from None
    except signing.BadSignature:
        raise DeadLink("unknown", 404) from None
    subscriber = Subscriber.objects.filter(pk=pk).first() if organization_id == organization.pk else None
    if subscriber is None:
        raise DeadLink("unknown", 404)
    return subscriber, turn


def place_of(request):
    """Where somebody comes from, as far as our own proxies say."""
    return get_adapter().get_client_ip(request)


def too_often(page):
    response = answer("too_often", page, root="../", status=429)
    response.headers["Retry-After"] = str(HOUR)
    return response


def answer(template, page, *, root, status=200, form=None, **context):
    """Without the request, so that no page here can know of a session."""
    if form is not None and form.errors:
        status = 422
    body = loader.get_template(f"status/{template}.html").render(
        {"status": page, "root": root, "form": form, **context}
    )
    return HttpResponse(body, status=status)
