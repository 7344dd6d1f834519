"""One organisation at a time: every query on tenant data runs inside an explicit scope, or raises.

The guard sits where SQL is compiled, not on a list of method names, so no path slips by (`.exists()`, async
iteration, subqueries and `update` included). Building a queryset outside a scope is legal; running it is not.
On PostgreSQL the scope is also a transaction-local setting that the row-level policies compare with
(`row_security.py`), so a query that reached the database by another way still finds no foreign row.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import connection, models, transaction
from django.db.models import sql


class NoOrganization(RuntimeError):
    """Tenant data was queried with no organisation active."""


class WrongOrganization(RuntimeError):
    """A row of one organisation was written while another was active."""


@dataclass(frozen=True)
class InOrganization:
    """Rows of one organisation."""

    organization_id: int

    @property
    def settings(self):
        return {"muster.organization": str(self.organization_id), "muster.person": ""}

    def narrow(self, queryset):
        return queryset.filter(organization_id=self.organization_id)


@dataclass(frozen=True)
class OfPerson:
    """Rows that belong to one person in whatever organisation: their memberships, nothing else."""

    person_id: int

    @property
    def settings(self):
        return {"muster.organization": "", "muster.person": str(self.person_id)}

    def narrow(self, queryset):
        if queryset.model.owned_by_person:
            return queryset.filter(person_id=self.person_id)
        return None


@dataclass(frozen=True)
class Everywhere:
    """Rows of the few queue tables, in every organisation, to find out where work is due."""

    reason: str

    @property
    def settings(self):
        return {"muster.organization": "*", "muster.person": ""}

    def narrow(self, queryset):
        return queryset if queryset.model.queue else None


_scope = ContextVar("tenant_scope", default=None)


def active_organization_id():
    """The primary key of the organisation that is active, or None."""
    scope = _scope.get()
    return scope.organization_id if isinstance(scope, InOrganization) else None


def _apply(scope):
    settings = scope.settings if scope else {"muster.organization": "", "muster.person": ""}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(["set_config(%s, %s, true)"] * len(settings)),
            [word for pair in settings.items() for word in pair],
        )


@contextmanager
def _entered(scope):
    outer = _scope.get()
    if outer == scope:
        yield
        return
    token = _scope.set(scope)
    try:
        if connection.vendor == "postgresql":
            with transaction.atomic():
                _apply(scope)
                yield
                if connection.in_atomic_block and not connection.needs_rollback:
                    _apply(outer)
        else:
            yield
    finally:
        _scope.reset(token)


def acting_in(organization):
    """Open the scope of one organisation (an `Organization` or its primary key).

    On PostgreSQL the whole block is one transaction, so never hold it across an `await` or a network call.
    """
    return _entered(InOrganization(getattr(organization, "pk", organization)))


def as_person(person):
    """Open the scope of a person's own memberships across organisations."""
    return _entered(OfPerson(person.pk))


def everywhere(reason):
    """Open the queue tables of all organisations; say why. Every other tenant table stays shut."""
    if not reason:
        raise ValueError("Say why every organisation is opened.")
    return _entered(Everywhere(reason))


class _Unscoped(sql.Query):
    """A query that may be built and passed on, but never run."""

    def _refuse(self, *args, **kwargs):
        raise NoOrganization(f"{self.model.__name__} was queried with no organisation active.")

    get_compiler = _refuse

    def chain(self, klass=None):
        return self._refuse() if klass else super().chain()


class TenantQuerySet(models.QuerySet):
    """A queryset that refuses to run outside a scope and fills in the organisation on insert."""

    def _guard(self):
        if isinstance(self.query, _Unscoped):
            self.query._refuse()

    def raw(self, *args, **kwargs):
        self._guard()
        return super().raw(*args, **kwargs)

    def delete(self):
        self._guard()
        return super().delete()

    delete.alters_data = True
    delete.queryset_only = True

    def update(self, **kwargs):
        self._guard()
        return super().update(**kwargs)

    update.alters_data = True

    def _raw_delete(self, using):
        self._guard()
        return super()._raw_delete(using)

    _raw_delete.alters_data = True

    def bulk_create(self, objs, *args, **kwargs):
        objs = list(objs)
        for row in objs:
            row.settle_in()
        return super().bulk_create(objs, *args, **kwargs)

    bulk_create.alters_data = True


class TenantManager(models.Manager.from_queryset(TenantQuerySet)):
    """Starts every query in the active scope."""

    def get_queryset(self):
        scope = _scope.get()
        queryset = super().get_queryset()
        if scope is not None:
            narrowed = scope.narrow(queryset)
            if narrowed is not None:
                return narrowed
        return self._queryset_class(self.model, query=_Unscoped(self.model), using=self._db, hints=self._hints)


def no_key_lock():
    """Options of a lock that does not hold up new rows that point at the locked one, where the database has it."""
    return {"no_key": True} if connection.features.has_select_for_no_key_update else {}


class TenantModel(models.Model):
    """A row that belongs to one organisation. `Meta` of a subclass inherits from `TenantModel.Meta`."""

    # Two narrow doors in the wall, each opened by one named scope above.
    owned_by_person = False
    queue = False

    organization = models.ForeignKey("teams.Organization", models.CASCADE, related_name="+", editable=False)

    objects = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def settle_in(self):
        """Take the active organisation, or raise when the row belongs to another."""
        active = active_organization_id()
        if active is None:
            raise NoOrganization(f"{type(self).__name__} was written with no organisation active.")
        if self.organization_id is None:
            self.organization_id = active
        if self.organization_id != active:
            raise WrongOrganization(f"{type(self).__name__} belongs to another organisation.")
        for field in self._meta.concrete_fields:
            if field.is_relation and field.is_cached(self):
                related = field.get_cached_value(self)
                if isinstance(related, TenantModel) and related.organization_id != active:
                    raise WrongOrganization(f"{type(self).__name__}.{field.name} points into another organisation.")

    def save(self, *args, **kwargs):
        self.settle_in()
        super().save(*args, **kwargs)

    def lock(self):
        """Read the row again under a lock that lasts until the transaction ends."""
        locked = type(self).objects.select_for_update(of=("self",), **no_key_lock())
        self.refresh_from_db(from_queryset=locked)
        return self


def tenant_models():
    """Every concrete model whose rows belong to an organisation."""
    from django.apps import apps

    return [model for model in apps.get_models() if issubclass(model, TenantModel)]
