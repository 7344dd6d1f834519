"""The table of contents."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import health
from teams.administration import site
from teams.api.nowhere import nowhere

urlpatterns = [
    path("", include("teams.urls")),
    path("o/<slug:org>/", include("incidents.urls")),
    path("o/<slug:org>/", include("playbooks.urls")),
    path("o/<slug:org>/", include("notifications.urls")),
    path("", include("notifications.public_urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", site.urls),
    # For programs.
    path("api/v1/", include("teams.api.urls")),
    path("api/v1/", include("playbooks.api.urls")),
    path("api/v1/", include("incidents.api.urls")),
    path("api/v1/", include("notifications.api.urls")),
    path("", include("incidents.ingest.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/<path:path>", nowhere, name="nowhere"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(template_name="api_docs.html"), name="api-docs"),
    # For whoever runs it.
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
