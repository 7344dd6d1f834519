"""Where a request gets its organisation, and where a refusal becomes an answer."""

import re
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404
from django.shortcuts import render
from django.urls import get_resolver, get_urlconf
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from .admission import LAST_VISITED, administered_organization, admit_member, admit_token
from .errors import Refused
from .tenancy import acting_in

ORGANIZATION_PATH = re.compile(r"^/o/(?P<slug>[^/]+)/")
API_PATH = "/api/v1/"
ADMIN_PATH = "/admin/"
A_YEAR = 365 * 24 * 3600


class TenancyMiddleware:
    """Opens the organisation's scope around the view, after membership is proven.

    Outsiders get the 404 of a page that does not exist, never a 403; the signed-out are sent to sign in, whether
    the organisation exists or not.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.organization = request.membership = request.token = None
        with timezone.override(viewers_zone(request)):
            try:
                response = self._answer(request)
            except Http404 as missing:
                response = self._missing(request, missing)
        if request.user.is_authenticated or request.token:
            response.headers.setdefault("Cache-Control", "private, no-store")
            patch_vary_headers(response, ["Cookie", "Authorization"])
        return response

    def process_view(self, request, view, args, kwargs):
        # The scope is open; views take their own arguments only.
        if request.organization is not None:
            kwargs.pop("org", None)

    def _answer(self, request):
        if path := ORGANIZATION_PATH.match(request.path_info):
            if not request.user.is_authenticated:
                return _signed_out(request) if request.htmx else redirect_to_login(request.get_full_path())
            return self._remembered(request, self._inside(request, admit_member(request.user, path["slug"])))
        if request.path_info.startswith(API_PATH):
            return self._inside(request, admit_token(request.headers.get("Authorization", "")))
        if request.path_info.startswith(ADMIN_PATH) and request.user.is_authenticated:
            return self._inside(request, administered_organization(request))
        return self.get_response(request)

    def _inside(self, request, admission):
        """Answer inside the admission's scope; without one, outside of any."""
        if admission is None:
            return self.get_response(request)
        request.organization = admission.organization
        request.membership = admission.membership
        request.token = admission.token
        with whole_or_nothing(admission.organization) as transaction_of:
            response = self.get_response(request)
            if hasattr(response, "render") and not response.is_rendered:
                response.render()
            transaction_of(response)
        return response

    @staticmethod
    def _remembered(request, response):
        """Let the browser bring the person back to this organisation."""
        slug = request.organization.slug
        if request.COOKIES.get(LAST_VISITED) != slug:
            secure = settings.SESSION_COOKIE_SECURE
            response.set_cookie(LAST_VISITED, slug, max_age=A_YEAR, httponly=True, samesite="Lax", secure=secure)
        return response

    @staticmethod
    def _missing(request, missing):
        return get_resolver(get_urlconf()).resolve_error_handler(404)(request, exception=missing)


def viewers_zone(request):
    """The time zone that pages are written in; None is the server's, UTC."""
    return ZoneInfo(request.user.time_zone) if request.user.is_authenticated else None


@contextmanager
def whole_or_nothing(organization):
    """The organisation's scope around one answer; an answer of 500 and above takes its writes back."""
    with acting_in(organization):

        def settle(response):
            if response.status_code >= 500 and transaction.get_connection().in_atomic_block:
                transaction.set_rollback(True)

        yield settle


class RefusalMiddleware:
    """A rule said no: tell the person which, with 409 and the way on. Programs get theirs in `api/problems.py`."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if not isinstance(exception, Refused):
            return None
        template = "ui/_refused.html" if request.headers.get("HX-Request") else "refused.html"
        return render(request, template, {"refusal": exception}, status=409)


def _signed_out(request):
    """A part of a page was asked for: the form to sign in must not take its place. Whoever clicked is told, and comes
    back to the page."""
    response = render(request, "ui/_signed_out.html", {"next": request.htmx.current_url_abs_path}, status=401)
    if _refreshes_itself(request):
        response["HX-Reswap"] = "none"
    return response


def _refreshes_itself(request):
    """Whether htmx asks for a part of a page on its own, and nobody has clicked."""
    asking = request.headers.get("HX-Trigger")
    return request.method == "GET" and bool(asking) and asking == request.headers.get("HX-Target")
