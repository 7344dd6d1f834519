"""An API token from the command line; prints it and nothing else."""

from teams.commands import PlainCommand, email_address, member, name, organization
from teams.models import ApiToken
from teams.tenancy import acting_in


class Command(PlainCommand):
    help = "Issue an API token for a member and print it, alone, on standard output. It cannot be shown again."

    def add_arguments(self, parser):
        parser.add_argument("organization", metavar="ORG", help="the organisation's slug")
        parser.add_argument("email", metavar="EMAIL", type=email_address)
        parser.add_argument("--name", default="API token", metavar="N", type=name, help="what it is for")

    def handle(self, *args, **options):
        with acting_in(organization(options["organization"])):
            _, key = ApiToken.issue(member(options["email"]), name=options["name"][:80])
        self.stdout.write(key)
