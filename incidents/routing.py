"""Addresses that can be listened to."""

from django.urls import path, re_path

from . import consumers

websocket_urlpatterns = [
    path("ws/o/<slug:org>/incidents/<int:number>/", consumers.incident),
    path("ws/o/<slug:org>/", consumers.organization),
    re_path("", consumers.nowhere),
]
