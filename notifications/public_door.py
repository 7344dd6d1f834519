"""Lets the public in: to `/status/…`, and to a host name of an organisation's own, where its page lies at `/`.

Whoever comes through here is nobody: no session is read, no cookie is set, and caches may keep what they are given.
"""

import logging
from contextlib import contextmanager, suppress
from time import monotonic
from urllib.parse import urlsplit

from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, connection
from django.http import HttpResponse
from django.http.request import split_domain_port, validate_host
from django.template import loader
from django.urls import Resolver404, resolve

from teams.models import Organization

from . import snapshots
from .models import CustomHost

logger = logging.getLogger(__name__)

PATH = "/status/"
HOST_URLS = "notifications.host_urls"
# How long a database that did not answer is left alone: nobody waits for it one by one.
PAUSE_SECONDS = 5
AWAY = (OperationalError, InterfaceError)


class PublicDoor:
    """First of all middleware, so that no other one sees who somebody is."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.host_page = ""
        host = split_domain_port(request._get_raw_host())[0]
        if not is_ours(host) and (slug := page_at(host)):
            return self._at_host(request, slug)
        if not request.path_info.startswith(PATH):
            return self.get_response(request)
        return self._as_nobody(request)

    def _at_host(self, request, slug):
        if request.path_info.startswith(f"/{settings.STATIC_URL.strip('/')}/"):
            request.get_host = request._get_raw_host
            return self.get_response(request)
        try:
            resolve(request.path_info, HOST_URLS)
        except Resolver404:
            return missing(request)
        request.host_page, request.urlconf = slug, HOST_URLS
        # Proven by the page's own row, which `ALLOWED_HOSTS` cannot know.
        request.get_host = request._get_raw_host
        return self._as_nobody(request)

    def _as_nobody(self, request):
        request.COOKIES.clear()
        request.META.pop("HTTP_COOKIE", None)
        request.META.pop("HTTP_AUTHORIZATION", None)
        response = self.get_response(request)
        response.cookies.clear()
        if response.headers.get("Vary") == "Cookie":
            del response.headers["Vary"]
        return response


class Database:
    """Whether it is worth asking. Each process notices for itself."""

    away_until = 0.0

    @classmethod
    @contextmanager
    def asked(cls):
        """Inside, the database is asked; `Away` is raised instead where it does not answer."""
        if monotonic() < cls.away_until:
            raise Away
        try:
            yield
        except AWAY as trouble:
            cls.away_until = monotonic() + PAUSE_SECONDS
            logger.warning("The database is away; status pages are served from disk: %s", trouble)
            if not connection.in_atomic_block:
                with suppress(Error):
                    connection.close()
            raise Away from trouble


class Away(Exception):
    """The database does not answer."""


def is_ours(host):
    """Whether Muster itself is found under this name."""
    own = [*(name for name in settings.ALLOWED_HOSTS if name != "*"), urlsplit(settings.BASE_URL).hostname or ""]
    return validate_host(host, own)


def page_at(host):
    """The slug of the organisation whose page this host name shows, or None."""
    try:
        with Database.asked():
            found = Organization.objects.filter(pk__in=CustomHost.objects.filter(host=host).values("organization"))
            return found.values_list("slug", flat=True).first()
    except Away:
        return snapshots.slug_of(host)


def missing(request, exception=None):
    """No page here: the same words whether there never was one, or it is not published."""
    return HttpResponse(loader.get_template("status/missing.html").render(), status=404)
