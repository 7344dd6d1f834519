"""What people fill in about themselves and their organisation. The names of the fields are the verbs' keywords."""

import zoneinfo
from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import slugify

from .accounts import NameField
from .authority import is_owner
from .models import Function, Membership, Organization, Service, Team, TechnicalDomain
from .models.catalogue import slug_validator
from .models.membership import LeadLevel, OrganizationRole
from .phones import validate_phone

ROLE_HINTS = {
    OrganizationRole.OWNER: "everything, including other owners",
    OrganizationRole.ADMIN: "people, settings, playbooks",
    OrganizationRole.RESPONDER: "works incidents",
    OrganizationRole.STAKEHOLDER: "reads what was published",
}


def time_zones():
    return [(zone, zone.replace("_", " ")) for zone in sorted(zoneinfo.available_timezones()) if zone != "localtime"]


class TimeZoneField(forms.ChoiceField):
    def __init__(self, **kwargs):
        super().__init__(choices=time_zones, label="Time zone", **kwargs)


class PhoneField(forms.CharField):
    def __init__(self, **kwargs):
        widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})
        hint = "With country code, for example +491701234567. Texts about incidents go there."
        super().__init__(label="Telephone", required=False, max_length=20, widget=widget, help_text=hint, **kwargs)

    def to_python(self, value):
        """People write numbers with spaces, dashes and brackets; gateways do not."""
        number = super().to_python(value)
        return "".join(character for character in number if character not in " -()/.")

    def validate(self, value):
        super().validate(value)
        if value:
            validate_phone(value)


def roles_given_by(membership):
    """`(role, words)` of the roles this member may give."""
    return [
        (role.value, f"{role.label}: {ROLE_HINTS[role]}")
        for role in OrganizationRole
        if role != OrganizationRole.OWNER or is_owner(membership)
    ]


class ProfileForm(forms.Form):
    name = NameField(label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    time_zone = TimeZoneField(help_text="Times on every page are shown in it.")


class SkillsField(forms.CharField):
    def __init__(self, **kwargs):
        hint = "With commas between, for example: PostgreSQL, invoices, Japanese. An incident finds people by it."
        super().__init__(label="Knows", required=False, max_length=300, help_text=hint, **kwargs)


class PhoneForm(forms.Form):
    phone = PhoneField()
    skills = SkillsField()


class NewOrganizationForm(forms.Form):
    name = NameField(label="Name", max_length=120, help_text="What your company or team is called.")


class OrganizationForm(forms.Form):
    name = NameField(label="Name", max_length=Organization._meta.get_field("name").max_length)
    time_zone = TimeZoneField(help_text="For mail and for whoever has not chosen their own.")


class InvitationForm(forms.Form):
    email = forms.EmailField(label="E-mail address", max_length=254)
    role = forms.ChoiceField(label="Role in the organisation", widget=forms.RadioSelect)
    function = forms.ModelChoiceField(None, label="Function", required=False, empty_label="Not said")

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = roles_given_by(by)
        self.fields["role"].initial = OrganizationRole.RESPONDER
        self.fields["function"].queryset = Function.objects.in_order()


class MemberForm(forms.Form):
    role = forms.ChoiceField(label="Role in the organisation", widget=forms.RadioSelect)
    function = forms.ModelChoiceField(None, label="Function", required=False, empty_label="None")
    domain = forms.ModelChoiceField(
        None, label="Technical domain", required=False, empty_label="None", help_text="For engineers: what they know."
    )
    phone = PhoneField()
    skills = SkillsField()
    lead_level = forms.TypedChoiceField(
        label="May lead", choices=LeadLevel, coerce=int, required=False, empty_value=0,
        help_text="Giving somebody the lead of something worse wants a reason.",
    )  # fmt: skip

    def __init__(self, *args, by, member, **kwargs):
        known = {
            name: getattr(member, name) for name in ("role", "function", "domain", "phone", "skills", "lead_level")
        }
        super().__init__(*args, initial=known, **kwargs)
        roles = roles_given_by(by)
        # An owner stays what they are when an administrator changes their telephone number.
        self.fields["role"].choices = (
            roles if member.role in dict(roles) else [(member.role, member.get_role_display())]
        )
        self.fields["function"].queryset = Function.objects.in_order()
        self.fields["domain"].queryset = TechnicalDomain.objects.in_order()


class OnCallForm(forms.Form):
    membership = forms.ModelChoiceField(
        None,
        label="On call now",
        required=False,
        empty_label="Nobody: the administrators answer",
        help_text="Whoever is here is paged when an incident needs this function.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        responders = Membership.objects.active().exclude(role=OrganizationRole.STAKEHOLDER)
        self.fields["membership"].queryset = responders.with_people().in_order()


class CatalogueForm(forms.Form):
    """A row of the catalogue, new or known (`row`)."""

    model = None

    name = NameField(label="Name", max_length=120)
    slug = forms.CharField(
        label="Short name",
        max_length=60,
        required=False,
        validators=[slug_validator],
        help_text="As alerts and programs call it, for example payment-api. Left empty, it is made from the name.",
    )
    description = forms.CharField(label="Description", required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, row=None, **kwargs):
        self.row = row
        super().__init__(*args, initial=self.known(row) if row else None, **kwargs)

    def known(self, row):
        return {name: getattr(row, name) for name in self.base_fields if name not in ("members", "depends_on")}

    def clean(self):
        fields = super().clean()
        if "name" in fields and "slug" in fields:
            fields["slug"] = fields["slug"] or slugify(fields["name"])[:60].strip("-_")
            self.require_free(fields["slug"])
        return fields

    def require_free(self, slug):
        if not slug:
            raise ValidationError({"slug": "Give a short name; none can be made from this name."})
        others = self.model.objects.filter(slug=slug).exclude(pk=self.row and self.row.pk)
        if others.exists():
            raise ValidationError({"slug": "Something else has this short name."})


class ServiceForm(CatalogueForm):
    model = Service

    domain = forms.ModelChoiceField(None, label="Technical domain", required=False, empty_label="None")
    team = forms.ModelChoiceField(None, label="Team that owns it", required=False, empty_label="None")
    depends_on = forms.ModelMultipleChoiceField(
        None,
        label="Depends on",
        help_text="What has to work for it to work. When one of them breaks, this one is named as possibly affected.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["domain"].queryset = TechnicalDomain.objects.in_order()
        self.fields["team"].queryset = Team.objects.in_order()
        self.fields["depends_on"].queryset = Service.objects.in_order().exclude(pk=self.row and self.row.pk)

    def known(self, row):
        return {**super().known(row), "depends_on": row.depends_on.all()}


class TeamForm(CatalogueForm):
    model = Team

    function = forms.ModelChoiceField(None, label="Function", empty_label=None)
    domain = forms.ModelChoiceField(None, label="Technical domain", required=False, empty_label="None")
    manager = forms.ModelChoiceField(
        None,
        label="Manager",
        help_text="Is asked when an incident needs somebody of the team.",
        required=False,
        empty_label="Nobody",
    )
    members = forms.ModelMultipleChoiceField(None, label="Members", required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["function"].queryset = Function.objects.in_order()
        self.fields["domain"].queryset = TechnicalDomain.objects.in_order()
        active = Membership.objects.active().with_people().in_order()
        self.fields["manager"].queryset = active.exclude(role=Membership.Role.STAKEHOLDER)
        self.fields["members"].queryset = active

    def known(self, row):
        return {**super().known(row), "members": row.members.all()}


class TokenForm(forms.Form):
    LIFETIMES = {"90": "90 days", "365": "One year", "never": "Until it is revoked"}

    name = NameField(label="What it is for", max_length=80)
    expires_at = forms.ChoiceField(
        label="Valid for", choices=list(LIFETIMES.items()), initial="90", widget=forms.RadioSelect
    )

    def clean_expires_at(self):
        days = self.cleaned_data["expires_at"]
        return None if days == "never" else timezone.now() + timedelta(days=int(days))
