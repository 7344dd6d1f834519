"""What is filled in about the status page: by the public, by administrators, and by whoever speaks to customers."""

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from incidents.forms.acts import OneLine, Prose, WaivableForm
from incidents.forms.record import Moment
from teams.accounts import NameField
from teams.forms import CatalogueForm
from teams.models import Service

from .models import Component, ImpactLevel, PublicState, Subscriber
from .models.public_incidents import HEADLINE
from .models.status_page import validate_host_name

# --- The public -----------------------------------------------------------------------------------


class ComponentChoice(forms.ModelMultipleChoiceField):
    def __init__(self):
        super().__init__(
            None,
            label="Only about",
            required=False,
            to_field_name="slug",
            widget=forms.CheckboxSelectMultiple,
            help_text="Nothing ticked means everything.",
        )


class ChoiceForm(forms.Form):
    components = ComponentChoice()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["components"].queryset = Component.objects.shown().in_order()
        if not self.fields["components"].queryset.exists():
            del self.fields["components"]

    @property
    def chosen(self):
        return list(self.cleaned_data.get("components", ()))


class SubscribeForm(ChoiceForm):
    """One of the two addresses."""

    email = forms.EmailField(
        label="E-mail",
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="You get a link that you have to open once.",
    )
    phone = forms.CharField(
        label="Or telephone, for text messages",
        required=False,
        max_length=32,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        help_text="With country code, for example +49 151 12345678. You get a code.",
    )
    # Left alone by people, filled in by programs that fill in everything.
    website = forms.CharField(label="Leave this empty", required=False, widget=forms.HiddenInput)

    field_order = ("email", "phone", "components")

    def clean_phone(self):
        written = self.cleaned_data["phone"].strip()
        if not written:
            return ""
        try:
            number = phonenumbers.parse(written, None)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_valid_number(number):
            raise ValidationError("Write the number with its country code, for example +49 151 12345678.")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def clean(self):
        fields = super().clean()
        if not self.errors and bool(fields.get("email")) == bool(fields.get("phone")):
            raise ValidationError("Give an e-mail address or a telephone number.")
        return fields

    @property
    def address(self):
        """`(channel, address)`; addresses are the same however their letters are written."""
        if email := self.cleaned_data.get("email"):
            return Subscriber.Channel.EMAIL, email.lower()
        return Subscriber.Channel.SMS, self.cleaned_data["phone"]


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        help_text="Six digits, from the text message.",
    )

    def clean_code(self):
        return self.cleaned_data["code"].replace(" ", "")


# --- Administrators -----------------------------------------------------------------------------------


class StatusPageForm(forms.Form):
    """The keywords of `StatusPage.arrange`."""

    name = NameField(label="Name", max_length=120, help_text="What customers call you.")
    intro = forms.CharField(label="Introduction", required=False, max_length=300)
    host = forms.CharField(
        label="Own host name",
        required=False,
        max_length=253,
        help_text="For example status.example.com. Let its DNS entry lead here first.",
    )
    published = forms.BooleanField(label="Published: everybody can read it", required=False)

    def clean_host(self):
        host = self.cleaned_data["host"].strip().lower().rstrip(".")
        if host:
            validate_host_name(host)
        return host


class ComponentForm(CatalogueForm):
    model = Component

    name = NameField(label="What customers do", max_length=120, help_text="For example: Pay by card.")
    services = forms.ModelMultipleChoiceField(
        None,
        label="Services behind it",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="For your own people. They are never shown to the public.",
    )
    position = forms.IntegerField(label="Place in the list", min_value=0, max_value=9999, initial=0)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["services"].queryset = Service.objects.in_order()
        self.fields["slug"].help_text = "As programs call it. Left empty, it is made from the name."
        self.fields["description"].help_text = "Shown to everybody."

    def known(self, row):
        return {name: getattr(row, name) for name in ("name", "slug", "description", "position")} | {
            "services": row.services.all()
        }


class MaintenanceForm(forms.Form):
    """The keywords of `Maintenance.plan` and `.change`."""

    title = NameField(label="What is planned", max_length=160)
    text = Prose(label="What customers notice", required=False, max_length=2000, widget=forms.Textarea({"rows": 3}))
    starts_at = Moment(label="From")
    ends_at = Moment(label="Until")
    components = forms.ModelMultipleChoiceField(
        None, label="What may not work", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data=None, *, window=None):
        super().__init__(data, initial=self._known(window) if window else None)
        known = Component.objects.filter(maintenances=window).values("pk") if window else ()
        shown = Component.objects.filter(Q(retired_at=None) | Q(pk__in=known))
        self.fields["components"].queryset = shown.in_order()
        self.window = window

    @staticmethod
    def _known(window):
        return {name: getattr(window, name) for name in ("title", "text", "starts_at", "ends_at")} | {
            "components": window.components.all()
        }

    def clean(self):
        fields = super().clean()
        if self.window:
            # The page writes whole minutes; what nobody touched stays as it is, to the second.
            for name in {"starts_at", "ends_at"} - set(self.changed_data):
                fields[name] = getattr(self.window, name)
        return fields

    @property
    def zone(self):
        return timezone.get_current_timezone_name()


# --- Whoever speaks to customers --------------------------------------------------------------------------


class PublicIncidentForm(WaivableForm):
    """The keywords of `PublicIncident.publish` and `.change`: one field for each component."""

    fields_of_rules = {"empty": "headline", "in_future": "began_at", "too_early": "began_at"}

    headline = OneLine(
        label="Headline",
        max_length=HEADLINE,
        help_text="In customers' words. The title of the incident is never shown.",
    )
    state = forms.ChoiceField(
        label="Where it stands",
        choices=PublicState,
        widget=forms.RadioSelect,
        help_text="From monitoring on, every part counts as working.",
    )
    began_at = Moment(label="Customers have noticed since", required=False)

    def __init__(self, data=None, *, incident, public=None):
        self.shown = public if public and public.withdrawn_at is None else None
        super().__init__(data, initial=self._known(incident, public))
        if self.shown:
            del self.fields["began_at"]
        self.components = list(Component.objects.shown().in_order())
        current = {each.component_id: each.level for each in self.shown.impacts.current()} if self.shown else {}
        levels = [("", "Works"), *ImpactLevel.choices]
        for component in self.components:
            self.fields[f"part-{component.slug}"] = forms.ChoiceField(
                label=component.name, choices=levels, required=False, initial=current.get(component.pk, "")
            )

    @staticmethod
    def _known(incident, public):
        if public:
            return {"headline": public.headline, "state": public.state, "began_at": public.began_at}
        return {"state": PublicState.INVESTIGATING, "began_at": incident.declared_at}

    @property
    def parts(self):
        return [self[f"part-{component.slug}"] for component in self.components]

    @property
    def said(self):
        """The keywords of the verb."""
        levels = {component: self.cleaned_data.get(f"part-{component.slug}") for component in self.components}
        names = [name for name in ("headline", "state", "began_at", "waiver") if name in self.fields]
        return {
            **{name: self.cleaned_data[name] for name in names},
            "impacts": {component: level for component, level in levels.items() if level},
        }
