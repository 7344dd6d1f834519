"""How somebody takes part."""

from django import forms

from ..models.participants import Capacity

LEAVING = "left"


class ParticipationForm(forms.Form):
    """`capacity` is how to take part, or `left`; without a `member` (a primary key) it is about oneself."""

    capacity = forms.ChoiceField(choices=[*Capacity.choices, (LEAVING, "Left")])
    member = forms.IntegerField(required=False, min_value=1)
