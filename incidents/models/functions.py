"""Which functions an incident needs, and how far each has come: asked, engaged, released, or waived."""

from django.db import models, transaction
from django.utils import timezone

from teams.errors import Refused
from teams.models import Function
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from .incident import Incident
from .participants import Participant
from .workstreams import Workstream

ENGINEERING = "engineering"


class ActivationState(models.TextChoices):
    SUGGESTED = "suggested", "Suggested"
    REQUIRED = "required", "Required"
    REQUESTED = "requested", "Requested"
    ENGAGED = "engaged", "Engaged"
    STOOD_DOWN = "stood_down", "Stood down"
    WAIVED = "waived", "Waived"


S = ActivationState
TRANSITIONS = {
    None: {S.SUGGESTED, S.REQUIRED, S.REQUESTED, S.ENGAGED, S.WAIVED},
    S.SUGGESTED: {S.REQUIRED, S.REQUESTED, S.ENGAGED, S.WAIVED},
    S.REQUIRED: {S.REQUESTED, S.ENGAGED, S.WAIVED},
    S.REQUESTED: {S.ENGAGED, S.STOOD_DOWN, S.WAIVED},
    S.ENGAGED: {S.STOOD_DOWN},
    S.STOOD_DOWN: {S.REQUESTED, S.ENGAGED},
    S.WAIVED: {S.REQUESTED, S.ENGAGED},
}
KINDS = {
    S.REQUESTED: kinds.FUNCTION_REQUESTED,
    S.ENGAGED: kinds.FUNCTION_ENGAGED,
    S.STOOD_DOWN: kinds.FUNCTION_STOOD_DOWN,
    S.WAIVED: kinds.FUNCTION_WAIVED,
}


class ActivationQuerySet(TenantQuerySet):
    def with_functions(self):
        return self.select_related("function").order_by("function__position", "function__name")

    def awaited(self):
        """Called for, and not here yet."""
        return self.filter(state__in=(S.REQUIRED, S.REQUESTED))

    def beside_engineering(self):
        """Other functions than engineering that are at work: they make an incident cross-functional."""
        return self.filter(state=S.ENGAGED).exclude(function__slug=ENGINEERING)


class FunctionActivation(TenantModel):
    """One function in one incident. `rule` says in words what called for it."""

    State = ActivationState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="functions")
    function = models.ForeignKey(Function, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=ActivationState)
    rule = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(ActivationQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "function"], name="function_activation_once")
        ]

    def __str__(self):
        return f"{self.function}: {self.get_state_display()}"

    @classmethod
    @transaction.atomic
    def change(cls, incident, function, state, *, by, reason="", rule="", release=False, thanks="", follows=True):
        """Ask for a function, engage it, stand it down or waive it. Returns the entry.

        With `release`, standing it down releases its people too, with `thanks`; those who wear a hat stay.
        """
        from .. import vacancies

        incident.lock()
        state = ActivationState(state)
        if state not in KINDS:
            raise Refused("A function is requested, engaged, stood down or waived.", code="function_state")
        cls._require_right(incident, function, state, by)
        if state == S.WAIVED and not reason:
            raise Refused("Say why this function is not needed.", code="reason_required")
        activation = cls.objects.filter(incident=incident, function=function).first()
        before = ActivationState(activation.state) if activation else None
        if before == state:
            raise Refused(f"{function} is {state.label.lower()} already.", code="unchanged")
        if state not in TRANSITIONS[before]:
            raise Refused(
                f"{function} is {before.label.lower() if before else 'not called for'} and cannot be "
                f"{state.label.lower()}.",
                code="function_order",
            )
        activation = activation or cls(incident=incident, function=function, rule=rule or "Asked for by a person")
        activation.state, activation.reason, activation.changed_at = state, reason, timezone.now()
        activation.save()
        entry = incident.record(
            KINDS[state],
            by=by,
            function=function.slug,
            name=function.name,
            rule=activation.rule,
            reason=reason,
        )
        if state == S.ENGAGED:
            Workstream.open_for(incident, function, by=by)
        if release and state == S.STOOD_DOWN:
            Participant.release_all(incident, function, by=by, follows=follows, thanks=thanks, reason=reason)
        if state != S.REQUESTED:
            vacancies.follow(incident)
        return entry

    @classmethod
    def call_for(cls, incident, function, *, required, rule):
        """Note what a rule calls for; call under the incident's lock. Never takes back what people decided."""
        activation, created = cls.objects.get_or_create(
            incident=incident,
            function=function,
            defaults={"state": S.REQUIRED if required else S.SUGGESTED, "rule": rule},
        )
        if not created and required and activation.state == S.SUGGESTED:
            activation.state, activation.rule, activation.changed_at = S.REQUIRED, rule, timezone.now()
            activation.save(update_fields=["state", "rule", "changed_at"])
        return activation

    @staticmethod
    def _require_right(incident, function, state, by):
        """Engaging is a function's own word; calling for one and letting it go are the lead's."""
        authority.require_responder(by)
        own = by is not None and by.function_id == function.pk
        authority.require(
            (state == S.ENGAGED and own) or authority.may_coordinate(by, incident),
            "The incident lead decides which functions are needed.",
            code="coordination_right",
        )
