"""Whether what the timelines say is what was written."""

import sys

from django.core.management.base import CommandError

from incidents.models import Incident
from teams.commands import PlainCommand, organization
from teams.models import Organization
from teams.tenancy import acting_in


class Command(PlainCommand):
    help = (
        "Check the hash chain of timelines: all, one organisation's, or one incident's. "
        "Exits 1 and names incident and entry where a chain is broken."
    )

    def add_arguments(self, parser):
        parser.add_argument("organization", nargs="?", metavar="ORG", help="the organisation's slug")
        parser.add_argument("number", nargs="?", type=int, metavar="NUMBER", help="the incident's number")

    def handle(self, *args, **options):
        slug, number = options["organization"], options["number"]
        organizations = [organization(slug)] if slug else Organization.objects.order_by("slug")
        checked = broken = 0
        for each in organizations:
            with acting_in(each):
                for incident in self.incidents_of(each, number):
                    checked += 1
                    if entry := incident.first_break():
                        broken += 1
                        self.stdout.write(f"{each.slug} {incident.key}: broken at entry {entry}")
        if broken:
            sys.exit(1)
        self.stdout.write(f"{checked} timeline{'' if checked == 1 else 's'} intact")

    @staticmethod
    def incidents_of(organization, number):
        incidents = Incident.objects.order_by("number")
        if number is None:
            return incidents
        if not incidents.filter(number=number).exists():
            raise CommandError(f"There is no incident {number} in {organization.slug}.")
        return incidents.filter(number=number)
