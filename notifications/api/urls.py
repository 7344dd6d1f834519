"""Addresses of the interface for programs; included under `/api/v1/`."""

from django.urls import path

from . import deliveries, routing_rules

urlpatterns = [
    path("deliveries/", deliveries.Deliveries.as_view(), name="api-deliveries"),
    path("incidents/<int:number>/deliveries/", deliveries.IncidentDeliveries.as_view(), name="api-incident-deliveries"),
    path("routing-rules/", routing_rules.RoutingRules.as_view(), name="api-routing-rules"),
    path("routing-rules/dry-run/", routing_rules.DryRun.as_view(), name="api-dry-run"),
    path("routing-rules/<int:pk>/", routing_rules.OneRoutingRule.as_view(), name="api-routing-rule"),
]
