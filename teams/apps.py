"""Who: organisations, people, functions, services, and the walls between them."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TeamsConfig(AppConfig):
    name = "teams"

    def ready(self):
        from . import row_security, sign_ins

        post_migrate.connect(row_security.install, sender=self, dispatch_uid="row_security")
        sign_ins.connect()
