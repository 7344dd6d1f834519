"""An alert source from the command line; prints its ingest key and nothing else."""

from incidents.models import Integration
from incidents.models.alerts import IntegrationKind
from teams.commands import PlainCommand, name, organization
from teams.tenancy import acting_in


class Command(PlainCommand):
    help = "Let an alert source in and print its ingest key, alone, on standard output. It cannot be shown again."

    def add_arguments(self, parser):
        parser.add_argument("organization", metavar="ORG", help="the organisation's slug")
        parser.add_argument(
            "kind", metavar="KIND", choices=IntegrationKind.values, help=", ".join(IntegrationKind.values)
        )
        parser.add_argument("--name", metavar="N", type=name)
        parser.add_argument("--declare", action="store_true", help="its alerts declare incidents")

    def handle(self, *args, **options):
        found = organization(options["organization"])
        with acting_in(found):
            _, key = Integration.connect(
                found, options["kind"], name=(options["name"] or "")[:80], declares=options["declare"], by=None
            )
        self.stdout.write(key)
