"""Acme's status page: what customers do, a window that is planned, and who listens."""

from datetime import timedelta

from notifications.models import Component, Maintenance, StatusPage, Subscriber
from teams.models import Service

# slug, in customers' words, services behind it
PARTS = (
    ("pay-by-card", "Pay by card", ("gateway", "checkout")),
    ("pay-by-invoice", "Pay by invoice", ("ledger",)),
    ("find-things", "Find things in the shop", ("search",)),
)


def open_page(organization, members, now):
    """The page as it has been for three months."""
    StatusPage.arrange(
        organization, by=members["ada"], name="Acme", intro="How our shop and its payments work.", published=True
    )
    for position, (slug, name, services) in enumerate(PARTS):
        behind = list(Service.objects.filter(slug__in=services))
        Component.add(by=members["ada"], slug=slug, name=name, position=position, services=behind)
    Component.objects.update(since=now - timedelta(days=100))
    begin = (now + timedelta(days=3)).replace(hour=2, minute=0, second=0, microsecond=0)
    Maintenance.plan(
        by=members["ada"],
        title="We move the search index",
        text="For some minutes newly added things may not be found.",
        starts_at=begin,
        ends_at=begin + timedelta(hours=2),
        components=[Component.objects.get(slug="find-things")],
    )
    for address in ("kim@customer.test", "operations@hooli.test"):
        listener = Subscriber.sign_up(Subscriber.Channel.EMAIL, address)
        listener.confirm(listener.turn)
