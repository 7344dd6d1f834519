"""Pages of this app."""

from django.urls import path

from .views import deliveries, outbox, routing

app_name = "notifications"
urlpatterns = [
    path("deliveries/", deliveries.index, name="deliveries"),
    path("deliveries/<int:pk>/retries/", deliveries.retries, name="retries"),
    path("deliveries/<int:pk>/dropping/", deliveries.dropping, name="dropping"),
    path("fan-outs/<int:pk>/retries/", deliveries.fan_out_retries, name="fan_out_retries"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("routing/", routing.routing, name="routing"),
]
