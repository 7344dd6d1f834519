"""A person's place in an organisation: how it begins, what it allows, how it ends."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from .. import secrets, signals
from ..authority import is_owner, require_administrator
from ..errors import Refused
from ..phones import validate_phone
from ..tenancy import TenantManager, TenantModel, TenantQuerySet
from . import audit
from .catalogue import Function, TechnicalDomain
from .organization import Organization
from .person import Person

INVITATION_LIFETIME = timedelta(hours=72)
INVITATION_PREFIX = "inv"


class OrganizationRole(models.TextChoices):
    """What a member may do in the organisation, outside any one incident."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Administrator"
    RESPONDER = "responder", "Responder"
    STAKEHOLDER = "stakeholder", "Stakeholder"


class LeadLevel(models.IntegerChoices):
    """How bad an incident somebody may lead, as the organisation sees it."""

    ANY = 0, "0: no experience needed"
    TRAINED = 1, "1: trained"
    EXPERIENCED = 2, "2: has led several"
    SENIOR = 3, "3: leads whatever comes"


ADMINISTRATORS = (OrganizationRole.OWNER, OrganizationRole.ADMIN)


class MembershipQuerySet(TenantQuerySet):
    def active(self):
        return self.filter(ended_at=None, person__is_active=True)

    def administrators(self):
        return self.active().filter(role__in=ADMINISTRATORS)

    def with_people(self):
        return self.select_related("person", "function", "domain")

    def managing(self, membership):
        """Who manages a team that this member is in, without themselves."""
        managers = self.active().exclude(role=OrganizationRole.STAKEHOLDER).exclude(pk=membership.pk)
        return managers.filter(managed_teams__members=membership).distinct().order_by("pk")

    def by_email(self, email):
        return self.active().filter(person__email=Person.objects.normalize_email(email))

    def in_order(self):
        return self.order_by("person__name", "person__email")


class Membership(TenantModel):
    """Never deleted: the timeline names its actors. A membership that is over has `ended_at`."""

    owned_by_person = True

    Role = OrganizationRole

    person = models.ForeignKey(Person, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=12, choices=OrganizationRole, default=OrganizationRole.RESPONDER)
    function = models.ForeignKey(Function, models.SET_NULL, null=True, blank=True, related_name="members")
    domain = models.ForeignKey(TechnicalDomain, models.SET_NULL, null=True, blank=True, related_name="members")
    phone = models.CharField(max_length=20, blank=True, validators=[validate_phone])
    # In their own words, with commas between: what others may call them in for.
    skills = models.CharField(max_length=300, blank=True)
    lead_level = models.PositiveSmallIntegerField("lead level", default=0, choices=LeadLevel)
    joined_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Whatever was admitted under an older epoch (a socket, a token) has lost its right.
    epoch = models.PositiveIntegerField(default=0)

    objects = TenantManager.from_queryset(MembershipQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "person"], name="membership_once"),
        ]

    def __str__(self):
        return str(self.person)

    @property
    def name(self):
        return self.person.display_name

    @property
    def email(self):
        return self.person.email

    @property
    def is_administrator(self):
        return self.ended_at is None and self.role in ADMINISTRATORS

    @property
    def is_responder(self):
        """May work incidents: everybody but stakeholders, who read."""
        return self.ended_at is None and self.role != OrganizationRole.STAKEHOLDER

    @classmethod
    @transaction.atomic
    def admit(cls, person, *, by, **place):
        """Make somebody a member, or one again; `place` is role, function, domain and phone. Returns the membership."""
        require_administrator(by)
        membership, created = cls.objects.get_or_create(person=person, defaults=place)
        if not created:
            membership.lock()
            if not membership.ended_at:
                raise Refused(f"{person.email} is a member already.", code="already_member")
            membership.ended_at = None
            for name, value in place.items():
                setattr(membership, name, value)
            membership.save(update_fields=["ended_at", *place])
        audit.log(by or membership, "joined", membership, role=membership.role)
        return membership

    @transaction.atomic
    def change_role(self, role, *, by):
        """Give the member another role; an owner's role is changed by owners only."""
        self.lock()
        require_administrator(by)
        if role == self.role:
            return
        if OrganizationRole.OWNER in (self.role, role) and not is_owner(by):
            raise Refused("Only an owner can make or unmake an owner.", code="owner_only")
        if self.role == OrganizationRole.OWNER:
            self._require_another_owner()
        audit.log(by, "role_changed", self, before=self.role, after=role)
        self.role = role
        self.epoch = F("epoch") + 1
        self.save(update_fields=["role", "epoch"])
        self.refresh_from_db(fields=["epoch"])
        self._announce_loss()

    @transaction.atomic
    def change_place(self, *, function, domain, by):
        """Say where in the organisation the member works."""
        self.lock()
        require_administrator(by)
        if (function, domain) == (self.function, self.domain):
            return
        self.function, self.domain = function, domain
        self.save(update_fields=["function", "domain"])
        audit.log(by, "place_changed", self, function=str(function or ""), domain=str(domain or ""))

    @transaction.atomic
    def change_lead_level(self, level, *, by):
        """Say how bad an incident the member may lead."""
        self.lock()
        require_administrator(by)
        level = LeadLevel(level)
        if level == self.lead_level:
            return
        audit.log(by, "lead_level_changed", self, before=self.lead_level, after=level.value)
        self.lead_level = level
        self.save(update_fields=["lead_level"])

    @transaction.atomic
    def change_phone(self, phone, *, by):
        """The number that is texted; one's own, or anybody's for an administrator."""
        self.lock()
        if by != self:
            require_administrator(by)
        if phone == self.phone:
            return
        self.phone = phone
        self.clean_fields(exclude=[field.name for field in self._meta.fields if field.name != "phone"])
        self.save(update_fields=["phone"])
        audit.log(by, "phone_changed", self)

    @transaction.atomic
    def change_skills(self, skills, *, by):
        """What they know, with commas between; one's own, or anybody's for an administrator."""
        self.lock()
        if by != self:
            require_administrator(by)
        skills = ", ".join(filter(None, (" ".join(each.split()) for each in skills.split(","))))
        if skills == self.skills:
            return
        self.skills = skills
        self.save(update_fields=["skills"])
        audit.log(by, "skills_changed", self)

    @transaction.atomic
    def end(self, *, by):
        """Remove a member, or leave (`by` the member). What they did stays; what they could do ends now."""
        self.lock()
        if self.ended_at:
            raise Refused(f"{self.name} is no longer a member.", code="already_ended")
        if by != self:
            require_administrator(by)
            if self.role == OrganizationRole.OWNER and not is_owner(by):
                raise Refused("Only an owner can remove an owner.", code="owner_only")
        if self.role == OrganizationRole.OWNER:
            self._require_another_owner()
        self.ended_at = timezone.now()
        self.epoch = F("epoch") + 1
        self.save(update_fields=["ended_at", "epoch"])
        self.refresh_from_db(fields=["epoch"])
        self.rotas.all().delete()
        self.managed_teams.update(manager=None)
        self.tokens.filter(revoked_at=None).update(revoked_at=self.ended_at)
        self.invitations.pending().update(revoked_at=self.ended_at)
        audit.log(by, "left" if by == self else "removed", self)
        self._announce_loss()

    def _require_another_owner(self):
        # Two owners who go at the same moment must not both count on the other.
        Organization.objects.take_turn()
        owners = type(self).objects.active().filter(role=OrganizationRole.OWNER).exclude(pk=self.pk)
        if not owners.exists():
            raise Refused("An organisation needs an owner: make somebody else one first.", code="last_owner")

    def _announce_loss(self):
        transaction.on_commit(lambda: signals.rights_changed.send_robust(type(self), membership=self), robust=True)


class InvitationQuerySet(TenantQuerySet):
    def pending(self):
        return self.filter(accepted_at=None, revoked_at=None)

    def valid(self, now=None):
        """Those that still open the door: in time, and from somebody who may still let people in."""
        return self.pending().filter(
            expires_at__gt=now or timezone.now(),
            invited_by__ended_at=None,
            invited_by__person__is_active=True,
            invited_by__role__in=ADMINISTRATORS,
        )

    def with_key(self, key):
        return self.valid().filter(key_hash=secrets.hash_of(key))

    def latest_first(self):
        return self.order_by("-created_at")


class Invitation(TenantModel):
    """A single-use link for one address. The link is shown and mailed once; only its hash is kept."""

    email = models.EmailField()
    role = models.CharField(max_length=12, choices=OrganizationRole, default=OrganizationRole.RESPONDER)
    function = models.ForeignKey(Function, models.SET_NULL, null=True, blank=True, related_name="+")
    key_hash = models.CharField(max_length=64)
    invited_by = models.ForeignKey(Membership, models.CASCADE, related_name="invitations")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager.from_queryset(InvitationQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "key_hash"], name="invitation_key_once"),
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_pending_once",
            ),
        ]

    def __str__(self):
        return self.email

    @classmethod
    @transaction.atomic
    def invite(cls, email, *, by, role=OrganizationRole.RESPONDER, function=None):
        """Invite an address, replacing an earlier pending invitation. Returns `(invitation, key)`."""
        require_administrator(by)
        if role == OrganizationRole.OWNER and not is_owner(by):
            raise Refused("Only an owner can invite an owner.", code="owner_only")
        email = Person.objects.normalize_email(email)
        if Membership.objects.by_email(email).exists():
            raise Refused(f"{email} is a member already.", code="already_member")
        now = timezone.now()
        cls.objects.pending().filter(email=email).update(revoked_at=now)
        key = secrets.new_key(INVITATION_PREFIX, by.organization_id)
        invitation = cls.objects.create(
            email=email,
            role=role,
            function=function,
            key_hash=secrets.hash_of(key),
            invited_by=by,
            created_at=now,
            expires_at=now + INVITATION_LIFETIME,
        )
        audit.log(by, "invited", invitation, role=role)
        return invitation, key

    @transaction.atomic
    def revoke(self, *, by):
        self.lock()
        require_administrator(by)
        if self.accepted_at or self.revoked_at:
            raise Refused("This invitation is no longer open.", code="invitation_closed")
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])
        audit.log(by, "invitation_revoked", self)

    @transaction.atomic
    def accept(self, *, person):
        """Make the person a member. The address must be theirs and confirmed; the caller proves that."""
        self.lock()
        if person.email != self.email:
            raise Refused("This invitation is for another address.", code="other_address")
        if self.accepted_at or self.revoked_at or self.expires_at <= timezone.now():
            raise Refused("This invitation is no longer open. Ask for a new one.", code="invitation_closed")
        self.accepted_at = timezone.now()
        self.save(update_fields=["accepted_at"])
        return Membership.admit(person, by=None, role=self.role, function=self.function)
