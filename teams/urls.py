"""Pages of this app: the front door, one's own page, and an organisation's people and settings."""

from django.urls import include, path

from .views import functions, invitations, members, organizations, profile, services, start, teams, tokens

app_name = "teams"

inside = [
    path("people/", members.members, name="members"),
    path("people/<int:pk>/", members.member, name="member"),
    path("people/<int:pk>/removal/", members.removal, name="removal"),
    path("functions/", functions.functions, name="functions"),
    path("functions/<slug:slug>/", functions.function, name="function"),
    path("services/", services.services, name="services"),
    path("services/new/", services.new_service, name="new_service"),
    path("services/<slug:slug>/", services.service, name="service"),
    path("teams/", teams.teams, name="teams"),
    path("teams/new/", teams.new_team, name="new_team"),
    path("teams/<slug:slug>/", teams.team, name="team"),
    path("phone/", profile.phone, name="phone"),
    path("leave/", organizations.leave, name="leave"),
    path("settings/", organizations.settings, name="settings"),
    path("settings/organization/", organizations.organization, name="organization"),
    path("settings/invitations/", invitations.invitations, name="invitations"),
    path("settings/invitations/<int:pk>/revocation/", invitations.revocation, name="revocation"),
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path("settings/tokens/<int:pk>/revocation/", tokens.token_revocation, name="token_revocation"),
    path("settings/audit/", organizations.audit, name="audit"),
]

urlpatterns = [
    path("", start.start, name="start"),
    path("theme/", start.theme, name="theme"),
    path("me/", profile.profile, name="profile"),
    path("orgs/new/", organizations.new_organization, name="new_organization"),
    path("invite/", invitations.received, name="invitation_received"),
    path("invite/<str:key>/", invitations.invite, name="invite"),
    path("o/<slug:org>/", include(inside)),
]
