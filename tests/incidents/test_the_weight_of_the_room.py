"""What a phone on a bad line loads to see the room."""

import re
from pathlib import Path

from django.conf import settings
from django.db import transaction

from incidents import kinds
from tests.factories import declare_incident, post_message
from tests.incidents.pages import url_of

KB = 1000


def styles_in(page):
    names = re.findall(r'<link rel="stylesheet" href="/static/([^"?]+)"', page)
    return {name: (Path(settings.BASE_DIR) / "static" / name).stat().st_size for name in names}


@transaction.atomic
def tell(incident, member, *, entries):
    incident.lock()
    while incident.last_number < entries:
        incident.record(kinds.STATUS_CHANGED, by=member, before="identified", after="monitoring")


def test_a_room_with_sixty_items_grows_no_further(lena, tariq, signed_in):
    incident = declare_incident(lena, severity="sev1")
    for number in range(30):
        post_message(incident, f"Queue {number} is drained, the next one takes eight minutes.", by=tariq)
    incident.refresh_from_db()
    shown = incident.timeline.visible_to(lena).without_system().count()
    tell(incident, lena, entries=incident.last_number + 30 - shown)

    page = signed_in(lena).get(url_of(incident)).content

    assert page.count(b'<li class="msg" id=') == page.count(b'<li class="msg msg--entry"') == 30
    assert len(page) <= 120 * KB


def test_five_hundred_entries_weigh_no_more_than_a_page_of_them(lena, signed_in):
    incident = declare_incident(lena)
    browser = signed_in(lena)
    tell(incident, lena, entries=60)
    short = len(browser.get(url_of(incident)).content)

    tell(incident, lena, entries=500)
    page = browser.get(url_of(incident)).content

    assert page.count(b'<li class="msg msg--entry"') == 50
    assert len(page) <= min(short + 2 * KB, 120 * KB)


def test_the_styles_of_the_room_grow_no_further(lena, signed_in):
    styles = styles_in(signed_in(lena).get(url_of(declare_incident(lena))).content.decode())

    assert "css/pages/room.css" in styles
    # As they are written; it shall become 30.
    assert sum(styles.values()) <= 46 * KB, styles
