"""During: the incident and its verbs, its timeline, and everybody who works it."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class IncidentsConfig(AppConfig):
    name = "incidents"

    def ready(self):
        from . import append_only, leaving, live

        post_migrate.connect(append_only.install, sender=self, dispatch_uid="append_only")
        live.connect()
        leaving.connect()
