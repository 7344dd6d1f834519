"""Pages of this app: playbooks and roles, to read. They are written in the administration."""

from django.urls import path

from . import views

app_name = "playbooks"
urlpatterns = [
    path("roles/", views.roles, name="roles"),
    path("playbooks/", views.index, name="index"),
    path("playbooks/<slug:slug>/", views.detail, name="detail"),
]
