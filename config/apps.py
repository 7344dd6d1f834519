"""Registers the system checks and the commands of this package."""

from django.apps import AppConfig


class AssemblyConfig(AppConfig):
    name = "config"

    def ready(self):
        from config import checks  # noqa: F401 - importing registers them; they need the loaded apps
