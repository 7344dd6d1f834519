"""Addresses of the interface for programs; included under `/api/v1/`."""

from django.urls import path

from . import deliveries, routing_rules, status_page

urlpatterns = [
    path("deliveries/", deliveries.Deliveries.as_view(), name="api-deliveries"),
    path("incidents/<int:number>/deliveries/", deliveries.IncidentDeliveries.as_view(), name="api-incident-deliveries"),
    path(
        "incidents/<int:number>/public/",
        status_page.OnePublicIncident.as_view(),
        name="api-public-incident",
    ),
    path(
        "incidents/<int:number>/public/withdrawal/",
        status_page.PublicIncidentWithdrawal.as_view(),
        name="api-public-incident-withdrawal",
    ),
    path("status-page/", status_page.OneStatusPage.as_view(), name="api-status-page"),
    path("status-page/components/", status_page.Components.as_view(), name="api-components"),
    path("status-page/components/<slug:slug>/", status_page.OneComponent.as_view(), name="api-component"),
    path("status-page/maintenances/", status_page.Maintenances.as_view(), name="api-maintenances"),
    path("status-page/maintenances/<int:pk>/", status_page.OneMaintenance.as_view(), name="api-maintenance"),
    path("status-page/maintenances/<int:pk>/end/", status_page.MaintenanceEnd.as_view(), name="api-maintenance-end"),
    path("status-page/subscribers/", status_page.Subscribers.as_view(), name="api-subscribers"),
    path("status-page/subscribers/<int:pk>/", status_page.OneSubscriber.as_view(), name="api-subscriber"),
    path("routing-rules/", routing_rules.RoutingRules.as_view(), name="api-routing-rules"),
    path("routing-rules/dry-run/", routing_rules.DryRun.as_view(), name="api-dry-run"),
    path("routing-rules/<int:pk>/", routing_rules.OneRoutingRule.as_view(), name="api-routing-rule"),
]
