"""Cache, channel layer and broker are gone at once: everything is answered, and everybody hears each thing once."""

from collections import Counter
from datetime import timedelta

import pytest
from channels.layers import channel_layers
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError

from config.cache import ShelteredRedisCache
from incidents.models import Participant, RoleAssignment, StatusUpdate, UpdateRead
from notifications import tick
from notifications.models import Component, Maintenance, StatusPage, Subscriber
from notifications.public_door import Database
from teams.models import Function, Rota, Team
from teams.tenancy import acting_in
from tests.cast import _member
from tests.factories import ask_question, declare_incident, file_report
from tests.incidents.pages import url_of
from tests.notifications.quiet import hush

# What is told after a commit is part of it.
pytestmark = pytest.mark.django_db(transaction=True)

NOBODY = "redis://127.0.0.1:1/0"
CUSTOMERS = {"what_is_happening": "Cards fail everywhere.", "what_we_are_doing": "We roll back."}
SETTINGS = "/o/acme/settings/status-page/"


@pytest.fixture
def redis_gone(settings, monkeypatch, tmp_path):
    """The configuration of several processes, and nobody at the address. Yields the tasks that nobody took."""
    lost = []

    def send_task(name, *args, **kwargs):
        lost.append(name)
        raise OperationalError("Connection refused")

    options = {"socket_timeout": 1, "socket_connect_timeout": 1}
    settings.DATA_DIR = tmp_path
    settings.CACHES = {
        "default": {"BACKEND": "config.cache.ShelteredRedisCache", "LOCATION": NOBODY, "OPTIONS": options}
    }
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [{"address": NOBODY, "socket_connect_timeout": 1}]},
        }
    }
    channel_layers.backends.clear()
    monkeypatch.setattr("notifications.doorbell.current_app.send_task", send_task)
    Database.away_until = ShelteredRedisCache.away_until = 0.0
    yield lost
    channel_layers.backends.clear()
    ShelteredRedisCache.away_until = 0.0


@pytest.fixture
def incident(committed_acme):
    """Live, with an update to customers, what leadership was told, a question, and Sam in a team of Ada's."""
    hush()
    with acting_in(committed_acme):
        lena, mei, sam, ruth, ada = (_member(f"{name}@acme.test") for name in ("lena", "mei", "sam", "ruth", "ada"))
        incident = declare_incident(lena, severity="sev1")
        RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
        StatusUpdate.publish(incident, "customers", CUSTOMERS, by=mei)
        ask_question(incident, by=ruth)
        Rota.objects.filter(on_call=sam).delete()
        support = Function.objects.get(slug="support")
        Team.objects.create(slug="desk", name="Desk", function=support, manager=ada).members.set([sam])
        StatusPage.arrange(committed_acme, by=ada, name="Acme", published=True)
        card = Component.add(by=ada, slug="card", name="Pay by card")
        subscriber = Subscriber.sign_up("email", "kim@customer.test")
        subscriber.confirm(subscriber.turn)
        begun = timezone.now() - timedelta(hours=1)
        times = {"starts_at": begun, "ends_at": begun + timedelta(hours=3)}
        Maintenance.plan(by=ada, title="We move it", components=[card], **times)
        Subscriber.sign_up("email", "lost@customer.test")
    tick.run()
    return incident


def test_each_act_is_answered_and_each_is_told_once(incident, committed_acme, signed_in, redis_gone, mailoutbox):
    mailoutbox.clear()
    with acting_in(committed_acme):
        people = {name: _member(f"{name}@acme.test") for name in ("lena", "mei", "sam", "ruth", "ada", "stan", "tariq")}
        stream, question = incident.workstreams.get(), incident.questions.get()
        window, lost = Maintenance.objects.get(), Subscriber.objects.get(address="lost@customer.test")
        kim = Subscriber.objects.get(address="kim@customer.test")
    hands = {name: signed_in(member) for name, member in people.items()}
    messages = url_of(incident, f"workstreams/{stream.pk}/messages/")
    posts = [
        ("lena", url_of(incident, "updates/1/challenge/"), {"reason": "It is Europe only"}, 302),
        ("lena", messages, {"text": "/ws new Check the ledger", "key": "once"}, 302),
        ("lena", messages, {"text": "/ws new Check the ledger", "key": "once"}, 302),
        ("stan", url_of(incident, "lens/"), {"lens": "exec"}, 302),
        ("ruth", url_of(incident, "updates/1/reading/"), {}, 302),
        ("ruth", url_of(incident, "updates/1/reading/"), {}, 302),
        ("stan", url_of(incident, f"questions/{question.pk}/askers/"), {}, 302),
        ("lena", url_of(incident, "reinforcements/new/"), _for(people["sam"]), 302),
        ("lena", url_of(incident, "reinforcements/new/"), _for(people["sam"]), 302),
        ("ada", f"{SETTINGS}maintenance/{window.pk}/end/", {}, 302),
        ("ada", f"{SETTINGS}maintenance/{window.pk}/end/", {}, 409),
        ("ada", f"{SETTINGS}subscribers/{lost.pk}/resending/", {}, 302),
        ("ada", f"{SETTINGS}subscribers/{lost.pk}/resending/", {}, 409),
    ]

    answers = [hands[who].post(where, what).status_code for who, where, what, _ in posts]
    entered = Client().post("/status/acme/subscribe/", {"email": "new@customer.test"})
    chosen = Client().post(f"/status/acme/manage/{kim.token('manage')}/", {"components": ["card"]})
    with acting_in(committed_acme):
        file_report(None, "Login is broken", by=people["stan"], count=6)
    for _ in range(3):
        tick.run()

    assert answers == [status for *_, status in posts]
    assert (entered.status_code, chosen.status_code) == (200, 200)
    with acting_in(committed_acme):
        assert incident.workstreams.filter(title="Check the ledger").count() == 1
        assert Participant.objects.get(incident=incident, membership=people["stan"]).lens == "exec"
        assert UpdateRead.objects.count() == incident.reinforcements.count() == incident.challenges.count() == 1
        assert list(kim.components.values_list("slug", flat=True)) == ["card"]
        incident.refresh_from_db()
        assert incident.first_break() is None
    heard = Counter((*mail.to, mail.subject) for mail in mailoutbox)
    assert set(heard.values()) == {1}
    expected = [
        ("mei@acme.test", "challenged"),
        ("ada@acme.test", "Sam Okafor"),
        ("kim@customer.test", "Maintenance is over"),
        ("lost@customer.test", "Do you want to hear"),
        ("new@customer.test", "Do you want to hear"),
        ("tariq@acme.test", "More customers write"),
    ]
    missing = [each for each in expected if not any(each[0] == to and each[1] in said for to, said in heard)]
    assert missing == [], heard
    assert "notifications.tasks.publish_status_snapshot" in redis_gone, "somebody did ring, in vain"


def _for(member):
    return {"member": member.pk, "purpose": "The pool", "hours": 2, "key": "once"}
