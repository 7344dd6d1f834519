"""Pages of this app."""

from django.urls import path

from .views import deliveries, outbox, public_incident, routing, status_settings

app_name = "notifications"
urlpatterns = [
    path("deliveries/", deliveries.index, name="deliveries"),
    path("deliveries/<int:pk>/retries/", deliveries.retries, name="retries"),
    path("deliveries/<int:pk>/dropping/", deliveries.dropping, name="dropping"),
    path("fan-outs/<int:pk>/retries/", deliveries.fan_out_retries, name="fan_out_retries"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("routing/", routing.routing, name="routing"),
    path("incidents/<int:number>/status-page/", public_incident.public_incident, name="public_incident"),
    path(
        "incidents/<int:number>/status-page/withdrawal/", public_incident.withdrawal, name="public_incident_withdrawal"
    ),
    path("settings/status-page/", status_settings.status_page, name="status_page"),
    path("settings/status-page/components/new/", status_settings.new_component, name="new_component"),
    path("settings/status-page/components/<slug:slug>/", status_settings.component, name="component"),
    path(
        "settings/status-page/components/<slug:slug>/retirement/",
        status_settings.retirement,
        name="component_retirement",
    ),
    path("settings/status-page/maintenance/new/", status_settings.new_maintenance, name="new_maintenance"),
    path("settings/status-page/maintenance/<int:pk>/", status_settings.maintenance, name="maintenance"),
    path("settings/status-page/maintenance/<int:pk>/end/", status_settings.maintenance_end, name="maintenance_end"),
    path(
        "settings/status-page/maintenance/<int:pk>/cancellation/",
        status_settings.cancellation,
        name="maintenance_cancellation",
    ),
    path("settings/status-page/subscribers/", status_settings.subscribers, name="subscribers"),
    path(
        "settings/status-page/subscribers/<int:pk>/resending/", status_settings.resending, name="subscriber_resending"
    ),
    path("settings/status-page/subscribers/<int:pk>/removal/", status_settings.removal, name="subscriber_removal"),
]
