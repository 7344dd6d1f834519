"""Assembly: settings, addresses, processes. Everything is imported from here; nothing imports this."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
