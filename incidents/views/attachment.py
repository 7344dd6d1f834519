"""Bringing a waiting alert to an open incident."""

from django.views.decorators.http import require_http_methods

from ..forms.changing import AttachForm
from ..lookups import find_alert
from .acting import act_form, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def attachment(request, pk):
    alert = find_alert(request, pk)
    form = AttachForm(posted(request), membership=request.membership)
    if form.is_valid():
        with form.refusals():
            return done(request, alert.attach_to(form.cleaned_data["incident"], by=request.membership))
    return act_form(request, "attachment", title="Attach the alert to an incident", form=form, alert=alert)
