"""Two believable organisations to look around in."""

from django.conf import settings
from django.core.management.base import CommandError

from config import demo
from teams.commands import PlainCommand, password

PASSWORD = "all hands on deck"  # noqa: S105 - for invented people on one's own machine


class Command(PlainCommand):
    help = (
        "Put in two example organisations, Acme and Globex, with incidents past and present. Safe to repeat; "
        "nothing is ever sent to anybody in their name."
    )

    def add_arguments(self, parser):
        parser.add_argument("--password", metavar="PW", type=password, help="for everybody in it")

    def handle(self, *args, **options):
        if settings.PRODUCTION and not options["password"]:
            raise CommandError("Others can reach this installation: choose a --password for the invented people.")
        chosen = options["password"] or PASSWORD
        made = demo.load(chosen)
        if not made:
            self.stdout.write("The example organisations are there already; nothing was changed.")
            return
        self.stdout.write(f"Made {' and '.join(made)}.")
        self.stdout.write(f"Sign in as lena@acme.test (or tariq@, mei@, stan@; omar@globex.test), password: {chosen}")
