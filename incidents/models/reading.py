"""Who has read what: a workstream, as open pages give signs of life; an update, as its reader says. Never an entry."""

from django.db import models
from django.utils import timezone

from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel

from .updates import StatusUpdate
from .workstreams import Workstream


class StreamRead(TenantModel):
    """`number` is the entry of the last message that this member has seen there; it only grows."""

    workstream = models.ForeignKey(Workstream, models.CASCADE, related_name="reads")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()

    objects = TenantManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "workstream", "membership"], name="stream_read_once")
        ]

    def __str__(self):
        return f"{self.membership} has read to {self.number}"

    @classmethod
    def note(cls, incident, seen):
        """Keep how far people have read: `{(workstream id, membership id): number}` of one incident.

        What is no workstream of the incident is left out. At most three statements, however many people read.
        """
        known = {
            (each.workstream_id, each.membership_id): each
            for each in cls.objects.filter(
                workstream__incident=incident, workstream__in={stream for stream, _ in seen}
            ).filter(membership__in={member for _, member in seen})
        }
        fresh = {key: number for key, number in seen.items() if key not in known}
        further = [each for key, each in known.items() if seen.get(key, 0) > each.number]
        for each in further:
            each.number = seen[each.workstream_id, each.membership_id]
        if further:
            cls.objects.bulk_update(further, ["number"])
        if fresh:
            streams = Workstream.objects.filter(incident=incident, pk__in={stream for stream, _ in fresh})
            streams = set(streams.values_list("pk", flat=True))
            cls.objects.bulk_create(
                [
                    cls(workstream_id=stream, membership_id=member, number=number)
                    for (stream, member), number in fresh.items()
                    if stream in streams
                ],
                ignore_conflicts=True,
            )


class UpdateRead(TenantModel):
    """This member said that they have read an update, when they first did."""

    update = models.ForeignKey(StatusUpdate, models.CASCADE, related_name="reads")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = TenantManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "update", "membership"], name="update_read_once")
        ]

    def __str__(self):
        return f"{self.membership} has read {self.update}"

    @classmethod
    def note(cls, update, *, by):
        """Keep that they have read it; saying so twice changes nothing."""
        cls.objects.bulk_create([cls(update=update, membership=by)], ignore_conflicts=True)
