"""Addresses of the interface for programs; included under `/api/v1/`."""

from django.urls import path

from . import catalogue, me, members, own_tokens

urlpatterns = [
    path("me/", me.Me.as_view(), name="api-me"),
    path("members/", members.Members.as_view(), name="api-members"),
    path("functions/", catalogue.Functions.as_view(), name="api-functions"),
    path("functions/<slug:slug>/", catalogue.OneFunction.as_view(), name="api-function"),
    path("services/", catalogue.Services.as_view(), name="api-services"),
    path("services/<slug:slug>/", catalogue.OneService.as_view(), name="api-service"),
    path("teams/", catalogue.Teams.as_view(), name="api-teams"),
    path("teams/<slug:slug>/", catalogue.OneTeam.as_view(), name="api-team"),
    path("tokens/", own_tokens.Tokens.as_view(), name="api-tokens"),
    path("tokens/<int:pk>/", own_tokens.OneToken.as_view(), name="api-token"),
]
