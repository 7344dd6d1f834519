"""Who would be told: the routing rules as they stand, and a dry run."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents.lookups import require_responder
from playbooks.models import RoleDefinition
from teams.models import Rota

from ..forms import DryRunForm
from ..models import AudienceGroup, RoutingRule
from ..recipients import who_hears


@require_safe
def routing(request):
    require_responder(request)
    form = DryRunForm(request.GET if "event" in request.GET else None)
    hearings = who_hears(form.situation()) if form.is_bound and form.is_valid() else None
    return render(
        request,
        "notifications/routing.html",
        {
            "form": form,
            "hearings": hearings,
            "rules": _rules(),
            "groups": AudienceGroup.objects.in_order().select_related("function"),
            "rotas": Rota.objects.select_related("function", "on_call__person").order_by("function__position"),
            "section": "deliveries",
            "here": "routing",
        },
    )


def _rules():
    """The rules in force, each with the name of the role that it tells."""
    names = RoleDefinition.objects.names()
    rules = list(RoutingRule.objects.in_order().with_conditions())
    for rule in rules:
        rule.role_name = names.get(rule.role, rule.role)
    return rules
