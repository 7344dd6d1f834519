"""Sources of alerts: connected, their key shown once, shut out again."""

from django.conf import settings
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from ..forms.integrations import ConnectionForm
from ..models import Integration


@require_http_methods(["GET", "POST"])
def integrations(request):
    form = ConnectionForm(request.POST or None)
    if form.is_valid():
        integration, key = Integration.connect(request.organization, by=request.membership, **form.cleaned_data)
        context = {"integration": integration, "key": key, "base_url": settings.BASE_URL, "here": "integrations"}
        return render(request, "incidents/integration_connected.html", context, status=201)
    context = {"form": form, "integrations": Integration.objects.connected().with_last_word(), "here": "integrations"}
    return render(request, "incidents/integrations.html", context, status=422 if form.errors else 200)


@require_POST
def integration_revocation(request, pk):
    integration = get_object_or_404(Integration.objects.connected(), pk=pk)
    integration.revoke(by=request.membership)
    messages.success(request, f"{integration} is shut out; the alerts it sent stay.")
    return redirect("incidents:integrations", org=request.organization.slug)
