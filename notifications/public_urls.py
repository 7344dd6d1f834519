"""Pages of this app that belong to no organisation."""

from django.urls import path

from .views import outbox, unsubscribe

urlpatterns = [
    path("outbox/", outbox.own_mail, name="own-mail"),
    path("unsubscribe/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
]
