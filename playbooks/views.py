"""Playbooks as people read them before they need them."""

from collections import defaultdict
from itertools import groupby

from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from .models import (
    Audience,
    DecisionRight,
    FunctionRule,
    Playbook,
    PlaybookVersion,
    RoleDefinition,
    RoleExclusion,
    Severity,
    Step,
)
from .readiness import cover


@require_safe
def index(request):
    required = Prefetch("function_rules", FunctionRule.objects.required().in_order(), to_attr="required")
    versions = (
        PlaybookVersion.objects.in_use()
        .select_related("playbook__incident_type")
        .prefetch_related(required)
        .order_by("playbook__position", "playbook__name")
    )
    return render(request, "playbooks/index.html", {"versions": versions, "section": "playbooks"})


@require_safe
def detail(request, slug):
    """The version in use, or the one asked for by `?version=`; drafts are for administrators."""
    playbook = get_object_or_404(Playbook.objects.select_related("incident_type"), slug=slug)
    versions = playbook.versions.seen_by(request.membership).latest_first()
    version = _chosen(list(versions), request.GET.get("version"))
    context = {
        "playbook": playbook,
        "version": version,
        "versions": versions,
        "rules": version.function_rules.in_order(),
        "required_by_type": _required_by(playbook.incident_type),
        "phases": phases_of(version),
        "audiences": Audience.labels,
        "cadence": cadence_table(),
        "section": "playbooks",
    }
    return render(request, "playbooks/detail.html", context)


@require_safe
def roles(request):
    """Every role: what its holder sees to and leaves to others, and what the holder may decide."""
    kept_apart = Prefetch("exclusions", RoleExclusion.objects.with_roles(), to_attr="kept_apart")
    defined = list(RoleDefinition.objects.in_order().select_related("function").prefetch_related(kept_apart))
    rights = defaultdict(list)
    for right in DecisionRight.objects.order_by("pk"):
        rights[right.role].append(right.get_decision_class_display())
    context = {
        "roles": [(role, rights[role.slug]) for role in defined],
        "covers": cover(),
        "section": "playbooks",
    }
    return render(request, "playbooks/roles.html", context)


def _chosen(versions, number):
    if number is None:
        wanted = (each for each in versions if each.state == PlaybookVersion.State.PUBLISHED)
    else:
        wanted = (each for each in versions if str(each.number) == number)
    version = next(wanted, None)
    if version is None:
        raise Http404
    return version


def _required_by(incident_type):
    if incident_type is None:
        return []
    return incident_type.requirements.select_related("function").order_by("function__position")


def phases_of(version):
    """The checklist as it is read: phase by phase, and in each role by role."""
    names = {"": "Everybody", **RoleDefinition.objects.names()}
    order = list(names)

    def place(step):
        # What names a role that is gone comes last.
        of_role = order.index(step.role) if step.role in names else len(order)
        return Step.Phase.values.index(step.phase), of_role, step.role, step.position, step.pk

    steps = sorted(version.steps.all(), key=place)
    return [
        {
            "name": Step.Phase(phase).label,
            "roles": [
                {"name": names.get(role, role), "steps": list(of_role)}
                for role, of_role in groupby(of_phase, key=lambda step: step.role)
            ],
        }
        for phase, of_phase in groupby(steps, key=lambda step: step.phase)
    ]


def cadence_table():
    """One row per severity: `{severity, cells: [(audience, minutes or None)]}`."""
    rows = []
    for severity in Severity.objects.worst_first().prefetch_related("cadences"):
        minutes = {cadence.audience: cadence.minutes for cadence in severity.cadences.all()}
        cells = [(audience.label, minutes.get(audience)) for audience in Audience]
        rows.append({"severity": severity, "cells": cells})
    return rows
