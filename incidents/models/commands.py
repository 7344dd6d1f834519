"""Which commands were obeyed, so that a line that is sent twice is done once."""

from django.db import models

from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel

from .incident import Incident
from .timeline import TimelineEntry


class ObeyedCommand(TenantModel):
    """One line of one member. `key` was made with the form; `entry` is what came of it, in the same transaction."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="+")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    entry = models.ForeignKey(TimelineEntry, models.PROTECT, null=True, related_name="+")

    objects = TenantManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "membership", "key"], name="command_once")
        ]

    def __str__(self):
        return f"A command of {self.membership}"

    @classmethod
    def claim(cls, asked):
        """Keep the key; whoever has the same one meanwhile waits at the constraint, and then fails at it."""
        return cls.objects.create(incident=asked.incident, membership=asked.by, key=asked.key)

    @classmethod
    def entry_of(cls, asked):
        """The entry of the line with this key, or None."""
        rows = cls.objects.filter(incident=asked.incident, membership=asked.by, key=asked.key)
        found = rows.select_related("entry").first()
        return found.entry if found else None

    def keep(self, entry):
        self.entry = entry
        self.save(update_fields=["entry"])
