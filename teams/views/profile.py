"""A person's own page: what they are called, where they live, and under which number they are reached."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from ..admission import memberships_of
from ..forms import PhoneForm, ProfileForm
from .answers import page


@login_required
@require_http_methods(["GET", "POST"])
def profile(request):
    form = ProfileForm(request.POST or None, initial={"name": request.user.name, "time_zone": request.user.time_zone})
    if form.is_valid():
        request.user.change_profile(**form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("teams:profile")
    return page(request, "profile", form=form, mine=memberships_of(request.user))


@require_http_methods(["GET", "POST"])
def phone(request):
    """The number for texts from this organisation, and what others may call one in for."""
    own = request.membership
    form = PhoneForm(request.POST or None, initial={"phone": own.phone, "skills": own.skills})
    if form.is_valid():
        with transaction.atomic():
            own.change_phone(form.cleaned_data["phone"], by=own)
            own.change_skills(form.cleaned_data["skills"], by=own)
        messages.success(request, "Saved.")
        return redirect("teams:profile")
    return page(request, "phone", form=form)
