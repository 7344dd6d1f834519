"""A member from the command line: verified, ready to sign in."""

from django.db import transaction

from teams.commands import (
    PlainCommand,
    domain,
    email_address,
    found_person,
    function,
    name,
    organization,
    password,
    phone,
)
from teams.models import Membership
from teams.models.membership import OrganizationRole
from teams.tenancy import acting_in


class Command(PlainCommand):
    help = "Add a member to an organisation. Somebody who has an account joins with it and keeps their password."

    def add_arguments(self, parser):
        parser.add_argument("organization", metavar="ORG", help="the organisation's slug")
        parser.add_argument("email", metavar="EMAIL", type=email_address)
        parser.add_argument("--name", required=True, metavar="N", type=name)
        parser.add_argument("--function", required=True, metavar="SLUG", help="for example engineering, support, legal")
        parser.add_argument("--role", choices=OrganizationRole.values, default=OrganizationRole.RESPONDER.value)
        parser.add_argument("--phone", metavar="+E164", type=phone, help="for texts")
        parser.add_argument("--domain", metavar="SLUG", help="an engineer's technical domain, for example backend")
        parser.add_argument("--password", metavar="PW", type=password, help="without one they choose it by mail")

    def handle(self, *args, **options):
        with acting_in(organization(options["organization"])), transaction.atomic():
            place = {
                "role": options["role"],
                "function": function(options["function"]),
                "domain": domain(options["domain"]) if options["domain"] else None,
                "phone": options["phone"] or "",
            }
            person, created = found_person(options["email"], password=options["password"], name=options["name"])
            Membership.admit(person, by=None, **place)
        if not created:
            self.stderr.write(f"{options['email']} has an account already and keeps its name and password.")
        self.stdout.write(options["email"])
