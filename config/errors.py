"""Answers to requests that never reach a view, or break one: people get a page, programs get JSON."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.views import defaults

FOR_PROGRAMS = ("/api/", "/ingest/", "/v2/")


def bad_request(request, exception=None):
    if asked_by_program(request):
        return problem(400, "malformed", "Malformed request", "The request could not be read.")
    return page(400)


def permission_denied(request, exception=None):
    if asked_by_program(request):
        return problem(403, "forbidden", "Forbidden", "This is not allowed.")
    return defaults.permission_denied(request, exception)


def not_found(request, exception=None):
    if asked_by_program(request):
        return problem(404, "not_found", "Not found", "Not there, or not yours.")
    return defaults.page_not_found(request, exception)


def server_error(request):
    if asked_by_program(request):
        return problem(500, "internal", "Internal error", "Something broke on our side. It has been logged.")
    return page(500)


def csrf_failure(request, reason=""):
    """A form that was open too long, or was sent by somebody else's page."""
    if asked_by_program(request):
        return problem(403, "forbidden", "Forbidden", "The request did not come from our own pages.")
    return render(request, "403.html", {"reason": "csrf"}, status=403)


def page(status, **context):
    """Rendered without context processors, which may ask the very database that has just failed."""
    return HttpResponse(loader.get_template(f"{status}.html").render(context), status=status)


def problem(status, code, title, detail):
    return JsonResponse(
        {"type": "about:blank", "status": status, "code": code, "title": title, "detail": detail},
        status=status,
        content_type="application/problem+json",
    )


def asked_by_program(request):
    return request.path.startswith(FOR_PROGRAMS)
