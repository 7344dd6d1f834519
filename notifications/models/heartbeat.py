"""When each part of the machinery was last seen working, so that silence can be noticed."""

from datetime import timedelta

from django.db import models

# Nobody needs to know it closer than this, and a write a second costs a disk.
PRECISION = timedelta(seconds=5)


class Heartbeat(models.Model):
    """One row per kind of process; belongs to the installation, not to an organisation."""

    process = models.CharField(max_length=40, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self):
        return self.process

    @classmethod
    def beat(cls, process, now):
        """Note that this kind of process works."""
        seen_at = cls.last(process)
        if seen_at is None or abs(now - seen_at) >= PRECISION:
            cls.objects.update_or_create(process=process, defaults={"seen_at": now})

    @classmethod
    def last(cls, process):
        """When it was last seen, or None."""
        return cls.objects.filter(process=process).values_list("seen_at", flat=True).first()
