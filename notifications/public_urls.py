"""Pages of this app that belong to no organisation."""

from django.urls import include, path

from .views import outbox, unsubscribe

urlpatterns = [
    path("outbox/", outbox.own_mail, name="own-mail"),
    path("status/<slug:page>/", include("notifications.status_urls")),
    path("unsubscribe/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
]
