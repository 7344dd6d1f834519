"""When each part of the machinery was last seen working, so that silence can be noticed."""

from django.db import models


class Heartbeat(models.Model):
    """One row per kind of process; belongs to the installation, not to an organisation."""

    process = models.CharField(max_length=40, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self):
        return self.process
