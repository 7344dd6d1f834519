"""The public status page: a document from the database, or its copy from disk while the database is away."""

from django.http import Http404, HttpResponse
from django.template import loader
from django.utils.cache import get_conditional_response
from django.utils.timezone import localtime
from django.views.decorators.http import require_safe

from teams.models import Organization
from teams.tenancy import acting_in

from .. import snapshots
from ..public_door import Away, Database
from ..public_page import HTML, PublicPage

FRESH = "public, max-age=15, stale-while-revalidate=120, stale-if-error=86400"


@require_safe
def document(request, page, path):
    slug = page or request.host_page
    try:
        with Database.asked():
            found = _read(slug, path)
    except Away:
        return _copied(slug, path)
    if found is None:
        raise Http404("No such page.")
    return _answer(request, found.content_type, found.body, found.etag)


def incident(request, page, code):
    return document(request, page, f"incidents/{code}/index.html")


def organization_at(slug):
    """The organisation with this address; 404 where there is none."""
    found = Organization.objects.filter(slug=slug).first()
    if found is None:
        raise Http404("No such page.")
    return found


def _read(slug, path):
    organization = organization_at(slug)
    with acting_in(organization):
        page = PublicPage.of(organization)
        return page and page.document(path)


def _answer(request, content_type, body, etag):
    headers = {"ETag": etag, "Cache-Control": FRESH, "Access-Control-Allow-Origin": "*"}
    response = HttpResponse(body, content_type=content_type, headers=headers)
    return get_conditional_response(request, etag=etag, response=response)


def _copied(slug, path):
    """The last copy, which says how old it is; 503 where there is none."""
    copy = snapshots.read(slug, path)
    if copy is None:
        response = HttpResponse(loader.get_template("status/away.html").render(), status=503)
        response.headers["Retry-After"] = "30"
        return response
    body = copy.body
    if copy.content_type == HTML:
        notice = loader.get_template("status/_copied.html").render({"taken_at": localtime(copy.taken_at)})
        body = body.replace(snapshots.MARK, notice.encode())
    headers = {
        "Cache-Control": "public, max-age=15",
        "Access-Control-Allow-Origin": "*",
        "X-Copied-At": copy.taken_at.isoformat(),
    }
    return HttpResponse(body, content_type=copy.content_type, headers=headers)
