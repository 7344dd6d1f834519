"""Addresses of the interface for programs; included under `/api/v1/`."""

from django.urls import path

from . import catalogue, decision_rights, glossary, playbooks, roles

urlpatterns = [
    path("severities/", catalogue.Severities.as_view(), name="api-severities"),
    path("types/", catalogue.Types.as_view(), name="api-types"),
    path("decision-rights/", decision_rights.DecisionRights.as_view(), name="api-decision-rights"),
    path("decision-rights/readiness/", decision_rights.Readiness.as_view(), name="api-decision-readiness"),
    path("glossary/", glossary.Glossary.as_view(), name="api-glossary"),
    path("glossary/<slug:slug>/", glossary.OneTerm.as_view(), name="api-glossary-term"),
    path("roles/", roles.Roles.as_view(), name="api-role-definitions"),
    path("roles/<slug:slug>/", roles.OneRole.as_view(), name="api-role-definition"),
    path("playbooks/", playbooks.Playbooks.as_view(), name="api-playbooks"),
    path("playbooks/<slug:slug>/", playbooks.OnePlaybook.as_view(), name="api-playbook"),
    path("playbooks/<slug:slug>/versions/", playbooks.Versions.as_view(), name="api-playbook-versions"),
    path("playbooks/<slug:slug>/versions/<int:number>/", playbooks.OneVersion.as_view(), name="api-playbook-version"),
]
