"""The marker scan itself: that it sees a leak when there is one."""

import pytest
from django.core import mail
from django.http import HttpResponse, StreamingHttpResponse

from teams.models import Organization, Service
from teams.tenancy import acting_in
from tests import marker
from tests.marker import MARKER


def test_what_could_leak_exists(globex):
    with acting_in(globex):
        assert Service.objects.filter(name__contains=MARKER).exists()
    assert MARKER in Organization.objects.get(slug="globex").name


@pytest.mark.parametrize(
    ("response", "carries"),
    [
        (HttpResponse(f"<p>{MARKER}</p>"), True),
        (HttpResponse(headers={"Location": f"/o/{MARKER}/"}), True),
        (HttpResponse("nothing"), False),
        (StreamingHttpResponse([b"nothing"]), False),
    ],
)
def test_a_marker_is_seen_in_body_and_headers(response, carries):
    assert marker.carries_marker(response) is carries


def test_members_of_globex_may_read_their_own_words(omar, lena, rf):
    request = rf.get("/")
    for membership, own in ((omar, True), (lena, False)):
        request.membership = membership
        assert marker.receiver_is_globex(request) is own


def test_nobody_reads_the_outbox_here(mailoutbox):
    assert mail.outbox == []
