"""What the writer sees under "How it arrives" arrives, to the letter and to as many people, whatever is typed."""

import re
from collections import Counter
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from incidents.models import RoleAssignment
from incidents.models.updates import PARTS
from notifications import tick
from notifications.models import AudienceGroup, Component, Delivery, PublicIncident, StatusPage, Subscriber
from tests.factories import declare_incident
from tests.incidents.pages import HTMX, url_of
from tests.queries import undone

PIECES = [
    "Zahlung gestört", "naïve café", "€", "[", "^", "|", "~", "\\", "😀", "👩‍👩‍👧", "é", "ﬁ", "“quoted”", "–", "…",
    "\r\n", "\n", "\r", "\t", "  ", "\u00a0", "\u2028", "\u200f", "\u202e", "مرحبا بالعالم", "שלום", "中文",
    "**bold**", "# head", "- item", "<b>&amp;</b>", "{{ x }}", "{% y %}", "%(z)s", "`code`", "https://x.example/?a=1&b=2",
    "A" * 159, "B" * 160, "C" * 161, "€" * 71, "D" * 300, "\n.\n", "From: x", "\x07", "-- \n",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
ARTICLE = re.compile(r'<article class="panel">(.*?)</article>', re.DOTALL)
CHANNEL = re.compile(r"<h3>(.*?)</h3><span class=\"stat\">(\d+) ")
SUBJECT = re.compile(r'<p class="arrivals__subject">(.*?)</p>', re.DOTALL)
TEXT = re.compile(r'<pre class="arrivals__text"[^>]*>(.*?)</pre>', re.DOTALL)
# What a mail says below, to each reader by name: why they get it, and how to get no more.
BELOW = re.compile(r"\nYou get this because: [^\n]*\.\n(Choose what you hear of: \S+\n)?(No more of this: \S+\n)?\Z")


@pytest.fixture
def incident(acme, lena, mei, ada, stan):
    """Everybody who could hear: groups by mail and by text, and subscribers to what is broken and what is not."""
    incident = declare_incident(lena, "gw-1 drops TLS", severity="sev1")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    AudienceGroup.objects.update(by_sms=True)
    StatusPage.arrange(acme, by=ada, name="Acme", published=True)
    card, search = (Component.add(by=ada, slug=slug, name=slug.title()) for slug in ("card", "search"))
    for number, (channel, parts) in enumerate([("email", [card]), ("email", []), ("sms", [card]), ("sms", [search])]):
        address = f"kim{number}@customer.test" if channel == "email" else f"+49151123456{number:02}"
        subscriber = Subscriber.sign_up(channel, address, parts)
        subscriber.confirm(subscriber.turn)
    Subscriber.sign_up("email", "never@customer.test")
    PublicIncident.publish(incident, "Paying takes long", by=mei, impacts={card: "partial"})
    tick.run()
    return incident


@pytest.mark.parametrize("audience", PARTS)
def test_the_preview_arrives(incident, audience, mei, signed_in, mailoutbox, sms_gateway):
    browser = signed_in(mei)
    names = [part.name for part in PARTS[audience]]
    sent = []

    @settings(
        max_examples=6, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )  # fmt: skip
    @given(
        said=st.lists(texts, min_size=len(names), max_size=len(names)),
        minutes=st.sampled_from(["7", "95"]),
    )
    def arrives(said, minutes):
        form = dict(zip(names, said, strict=True)) | {"next_minutes": minutes, "act": "publish", "waiver": "x"}
        with undone(), time_machine.travel(timezone.now(), tick=False) as clock:
            foretold = preview(browser, incident, audience, form)
            arrived = publish(browser, incident, audience, form, clock, mailoutbox, sms_gateway)
        assert arrived is None or arrived == foretold
        sent.append(arrived)

    arrives()
    assert sum(arrived is not None for arrived in sent) > len(sent) / 2


def test_nothing_has_changed_arrives_as_foretold(incident, mei, signed_in, mailoutbox, sms_gateway):
    """The last text goes once more, with the reason, to those who read the status page as well."""
    browser = signed_in(mei)
    sent = {"act": "publish", "waiver": "x", "next_minutes": "30"}
    first = {"what_is_happening": "Paying is slow.", "what_we_are_doing": "We look.", **sent}
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert publish(browser, incident, "customers", first, clock, mailoutbox, sms_gateway)
        again = {"no_change": "The provider has not answered", "after": "1", **sent}
        foretold = preview(browser, incident, "customers", again)
        arrived = publish(browser, incident, "customers", again, clock, mailoutbox, sms_gateway)

    assert arrived == foretold
    bodies = [text for _, _, text in foretold]
    assert sum("No change: The provider has not answered" in text for text in bodies) == 2
    assert all("Paying is slow." in text for text in bodies)


def preview(browser, incident, audience, form):
    """`{(by SMS, subject, text): people}` of those whom it reaches, as the page shows it."""
    answer = browser.post(url_of(incident, f"drafts/{audience}/preview/"), form, headers=HTMX).content.decode()
    found = Counter()
    for article in ARTICLE.findall(answer):
        channel, people = CHANNEL.search(article).groups()
        subject = SUBJECT.search(article)
        is_sms = channel.startswith("Text message")
        found[is_sms, unescape(subject[1]) if subject else "", unescape(TEXT.search(article)[1])] += int(people)
    assert found
    return +found


def publish(browser, incident, audience, form, clock, mailoutbox, sms_gateway):
    """The same of what arrives; None where the text is refused, in which case nothing does."""
    mailoutbox.clear()
    sms_gateway.requests.clear()
    before = incident.updates.count(), Delivery.objects.count()
    answer = browser.post(url_of(incident, f"drafts/{audience}/"), form | {"key": str(timezone.now())})
    clock.shift(timedelta(seconds=11))
    tick.run()
    if answer.status_code != 302:
        assert (incident.updates.count(), Delivery.objects.count()) == before
        return None
    mails = [(False, mail.subject, BELOW.sub("", mail.body)) for mail in mailoutbox]
    return Counter(mails + [(True, "", text["text"]) for text in sms_gateway.requests])
