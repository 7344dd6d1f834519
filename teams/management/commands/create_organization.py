"""An organisation from the command line; prints its slug."""

from django.core.management.base import CommandError
from django.db import transaction

from teams.commands import PlainCommand, email_address, found_person, name, password, slug
from teams.founding import found
from teams.models import Organization


class Command(PlainCommand):
    help = "Create an organisation with its starter pack and print its slug. An owner who has an account keeps it."

    def add_arguments(self, parser):
        parser.add_argument("name", metavar="NAME", type=name)
        parser.add_argument("--owner", required=True, metavar="EMAIL", type=email_address)
        parser.add_argument("--password", required=True, metavar="PW", type=password, help="for a new account")
        parser.add_argument("--slug", metavar="S", type=slug, help="the organisation's address, /o/S/")

    def handle(self, *args, **options):
        if Organization.objects.filter(slug=options["slug"]).exists():
            raise CommandError(f"There is an organisation at {options['slug']} already.")
        with transaction.atomic():
            owner, created = found_person(options["owner"], password=options["password"])
            membership = found(options["name"], owner=owner, slug=options["slug"])
        if not created:
            self.stderr.write(f"{options['owner']} has an account already and keeps its password.")
        self.stdout.write(membership.organization.slug)
