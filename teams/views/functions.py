"""Organisational areas, and who answers for each."""

from django.contrib import messages
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from ..authority import may_administer
from ..forms import OnCallForm
from ..models import Function
from .answers import page


@require_safe
def functions(request):
    everywhere = (
        Function.objects.in_order()
        .select_related("rota__on_call__person")
        .annotate(size=Count("members", filter=Q(members__ended_at=None, members__person__is_active=True)))
    )
    return page(request, "functions", functions=everywhere, here="functions")


@require_http_methods(["GET", "POST"])
def function(request, slug):
    found = get_object_or_404(Function.objects.select_related("rota__on_call__person"), slug=slug)
    rota = getattr(found, "rota", None)
    form = None
    if may_administer(request.membership):
        form = OnCallForm(request.POST or None, initial={"membership": rota and rota.on_call_id})
        if form.is_valid():
            found.put_on_call(form.cleaned_data["membership"], by=request.membership)
            messages.success(request, f"{found} is up to date.")
            return redirect("teams:functions", org=request.organization.slug)
    members = found.members.active().with_people().in_order()
    domains = found.domains.in_order()
    return page(
        request, "function", form=form, function=found, rota=rota, members=members, domains=domains, here="functions"
    )
