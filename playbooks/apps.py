"""Before: severities, incident types, playbooks, cadences and decision rights."""

from django.apps import AppConfig


class PlaybooksConfig(AppConfig):
    name = "playbooks"

    def ready(self):
        from . import starter

        starter.connect()
