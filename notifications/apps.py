"""Outward: who is told, by which channel, and proof of what became of it."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self):
        from . import preview, receivers, starter

        starter.connect()
        receivers.connect()
        preview.connect()
