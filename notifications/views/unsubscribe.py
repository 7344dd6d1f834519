"""The link in a stakeholder's mail that stops it: works without signing in, and only when posted."""

from django.core import signing
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from playbooks.models import Audience
from teams.models import Membership
from teams.tenancy import acting_in

from ..models import OptOut
from ..sending import UNSUBSCRIBE


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def unsubscribe(request, token):
    """Mail programs post here by themselves, with no cookie and no token of ours; the signature is the proof."""
    organization_id, membership_id, audience = read(token)
    if request.method == "POST":
        with acting_in(organization_id):
            membership = Membership.objects.filter(pk=membership_id).first()
            if membership is None:
                raise Http404
            OptOut.objects.get_or_create(membership=membership, audience=audience)
    return render(
        request,
        "notifications/unsubscribe.html",
        {"audience": Audience(audience).label, "done": request.method == "POST"},
    )


def read(token):
    try:
        return signing.loads(token, salt=UNSUBSCRIBE)
    except signing.BadSignature:
        raise Http404 from None
