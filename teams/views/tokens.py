"""What programs carry: issued, shown once, revoked."""

from django.conf import settings
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from ..forms import TokenForm
from ..models import ApiToken
from .answers import page


@require_http_methods(["GET", "POST"])
def tokens(request):
    form = TokenForm(request.POST or None)
    if form.is_valid():
        token, key = ApiToken.issue(request.membership, **form.cleaned_data)
        return page(
            request, "token_issued", token=token, key=key, base_url=settings.BASE_URL, here="tokens", status=201
        )
    known = ApiToken.objects.seen_by(request.membership).latest_first()
    return page(request, "tokens", form=form, tokens=known, base_url=settings.BASE_URL, here="tokens")


@require_POST
def token_revocation(request, pk):
    get_object_or_404(ApiToken.objects.seen_by(request.membership), pk=pk).revoke(by=request.membership)
    messages.success(request, "The token is revoked; whatever carries it is shut out.")
    return redirect("teams:tokens", org=request.organization.slug)
