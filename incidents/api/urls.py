"""Addresses of the interface for programs; included under `/api/v1/`."""

from django.urls import include, path

from . import (
    alerts,
    assessment,
    documents,
    functions,
    incidents,
    integrations,
    merging,
    messages,
    participants,
    roles,
    severity,
    status,
    timeline,
    updates,
    waivers,
    workstreams,
)

of_incident = [
    path("", incidents.OneIncident.as_view(), name="api-incident"),
    path("assessment/", assessment.Assessment.as_view(), name="api-assessment"),
    path("status/", status.StatusChange.as_view(), name="api-status"),
    path("severity/", severity.SeverityChange.as_view(), name="api-severity"),
    path("merge/", merging.Merge.as_view(), name="api-merge"),
    path("roles/", roles.Roles.as_view(), name="api-roles"),
    path("roles/<int:pk>/", roles.OneRole.as_view(), name="api-role"),
    path("functions/", functions.Functions.as_view(), name="api-incident-functions"),
    path("functions/<slug:slug>/", functions.OneFunction.as_view(), name="api-incident-function"),
    path("participants/", participants.Participants.as_view(), name="api-participants"),
    path("participants/<int:pk>/", participants.OneParticipant.as_view(), name="api-participant"),
    path("workstreams/", workstreams.Workstreams.as_view(), name="api-workstreams"),
    path("workstreams/<int:pk>/", workstreams.OneWorkstream.as_view(), name="api-workstream"),
    path("workstreams/<int:pk>/readers/", workstreams.Readers.as_view(), name="api-workstream-readers"),
    path("workstreams/<int:pk>/messages/", messages.Messages.as_view(), name="api-messages"),
    path("messages/<int:pk>/", messages.OneMessage.as_view(), name="api-message"),
    path("messages/<int:pk>/pin/", timeline.Pin.as_view(), name="api-pin"),
    path("updates/", updates.Updates.as_view(), name="api-updates"),
    path("updates/<int:pk>/", updates.OneUpdate.as_view(), name="api-update"),
    path("waivers/", waivers.Waivers.as_view(), name="api-waivers"),
    path("timeline/", timeline.Timeline.as_view(), name="api-timeline"),
    path("timeline/<int:entry>/", timeline.OneEntry.as_view(), name="api-entry"),
    path("documents/", documents.Documents.as_view(), name="api-documents"),
    path("documents/<int:pk>/", documents.OneDocument.as_view(), name="api-document"),
    path("alerts/", alerts.IncidentAlerts.as_view(), name="api-incident-alerts"),
]

urlpatterns = [
    path("incidents/", incidents.Incidents.as_view(), name="api-incidents"),
    path("incidents/<int:number>/", include(of_incident)),
    path("alerts/", alerts.Alerts.as_view(), name="api-alerts"),
    path("integrations/", integrations.Integrations.as_view(), name="api-integrations"),
    path("integrations/<int:pk>/", integrations.OneIntegration.as_view(), name="api-integration"),
]
