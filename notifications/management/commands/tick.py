"""One pass of everything periodic, by hand or from a cron of one's own."""

import json

from django.core.management.base import BaseCommand

from notifications import tick


class Command(BaseCommand):
    help = (
        "Do everything that is due as of now: clocks, reminders, deliveries, sweeps. Prints a JSON summary. "
        "Running it twice, or beside the scheduler, changes nothing more."
    )

    def handle(self, *args, **options):
        self.stdout.write(json.dumps(tick.run()))
