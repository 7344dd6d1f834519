"""The front door: a page for strangers, the way in for everybody else, and the colours of both."""

from django.conf import settings
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from ..admission import last_visited
from .invitations import PENDING

THEMES = ("light", "dark")
A_YEAR = 365 * 24 * 3600


@require_safe
def start(request):
    """Strangers read what this is; the signed-in go where they were last."""
    if not request.user.is_authenticated:
        return render(request, "landing.html")
    membership = last_visited(request)
    if membership:
        return redirect(membership.organization)
    if PENDING in request.session:
        return redirect("teams:invitation_received")
    return render(request, "teams/no_organization.html")


@require_POST
def theme(request):
    """Keep light or dark in a cookie, so that no page flashes; anything else follows the system."""
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    answer = HttpResponseRedirect(target)
    if (chosen := request.POST.get("theme")) in THEMES:
        answer.set_cookie("theme", chosen, max_age=A_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    else:
        answer.delete_cookie("theme", samesite="Lax")
    return answer
