"""Addresses of a public status page, wherever it is mounted."""

from django.urls import path

from .statuspage_shape import JSON_NAMES
from .views import status_page, subscribing

urlpatterns = [
    path("", status_page.document, {"path": "index.html"}, name="status-page"),
    path("history/", status_page.document, {"path": "history/index.html"}, name="status-history"),
    path("days/", status_page.document, {"path": "days/index.html"}, name="status-days"),
    path("maintenance/", status_page.document, {"path": "maintenance/index.html"}, name="status-maintenance"),
    path("incidents/<slug:code>/", status_page.incident, name="status-incident"),
    path("history.rss", status_page.document, {"path": "history.rss"}, name="status-rss"),
    path("history.atom", status_page.document, {"path": "history.atom"}, name="status-atom"),
    path("calendar.ics", status_page.document, {"path": "calendar.ics"}, name="status-calendar"),
    *(
        path(f"api/v2/{name}.json", status_page.document, {"path": f"api/v2/{name}.json"}, name="status-json")
        for name in JSON_NAMES
    ),
    path("subscribe/", subscribing.subscribe, name="status-subscribe"),
    path("code/<str:token>/", subscribing.code, name="status-code"),
    path("confirm/<str:token>/", subscribing.confirm, name="status-confirm"),
    path("manage/<str:token>/", subscribing.manage, name="status-manage"),
    path("unsubscribe/<str:token>/", subscribing.leave, name="status-leave"),
]
