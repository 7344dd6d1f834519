"""Addresses under a host name of an organisation's own: its status page, and nothing else of Muster."""

from django.urls import include, path

urlpatterns = [path("", include("notifications.status_urls"), {"page": ""})]

handler404 = "notifications.public_door.missing"
