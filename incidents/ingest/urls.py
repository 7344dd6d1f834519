"""Addresses where monitoring delivers; without a trailing slash, as its tools expect."""

from django.urls import path, register_converter

from ..models import Integration
from . import mail, views

app_name = "ingest"


class KindConverter:
    """The kinds that deliver to `/ingest/<key>/<kind>`."""

    regex = "|".join((Integration.Kind.ALERTMANAGER, Integration.Kind.GRAFANA, Integration.Kind.GENERIC))

    def to_python(self, value):
        return value

    to_url = to_python


register_converter(KindConverter, "integration_kind")

urlpatterns = [
    path("ingest/<str:key>/<integration_kind:kind>", views.ingest, name="ingest"),
    path("api/v1/inbound-mail/", mail.inbound_mail, name="inbound-mail"),
    path("v2/enqueue", views.enqueue, name="enqueue"),
]
