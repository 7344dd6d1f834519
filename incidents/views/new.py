"""Declaring an incident, from nothing or from a waiting alert."""

from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from ..forms.declaring import DeclareForm, said_by
from ..lookups import find_alert
from ..mobilization import declare
from .acting import act_form, posted, whole_number


@require_http_methods(["GET", "POST"])
def new(request):
    """`?alert=` is a waiting alert to declare from, `?drill=1` a drill, `?title=` a first idea."""
    form = DeclareForm(posted(request), initial=initial_of(request))
    if form.is_valid():
        with form.refusals():
            return redirect(declare(by=request.membership, **form.cleaned_data))
    return act_form(request, "new", title="Declare an incident", form=form, for_everyone=True)


def initial_of(request):
    asked = {"title": request.GET.get("title", "")[:200], "drill": request.GET.get("drill") == "1"}
    if request.GET.get("alert"):
        asked |= said_by(find_alert(request, whole_number(request.GET["alert"])))
    return asked
