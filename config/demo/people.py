"""Who works at Acme and at Globex, what they run, and who is called first."""

from teams.commands import found_person
from teams.founding import found
from teams.models import Function, Membership, Rota, Service, Team, TechnicalDomain
from teams.models.membership import OrganizationRole
from teams.tenancy import acting_in

# local part: name, role in the organisation, function, technical domain, telephone
ACME = {
    "lena": ("Lena Fischer", "owner", "engineering", "platform", "+4915112345601"),
    "tariq": ("Tariq Haddad", "responder", "engineering", "backend", "+4915112345602"),
    "mei": ("Mei Tanaka", "responder", "communications", None, "+4915112345603"),
    "sam": ("Sam Okafor", "responder", "support", None, "+4915112345604"),
    "ruth": ("Ruth Meyer", "responder", "leadership", None, "+4915112345605"),
    "ada": ("Ada Novak", "admin", "product", None, "+4915112345606"),
    "priya": ("Priya Raman", "responder", "finance", None, "+4915112345607"),
    "jonas": ("Jonas Weber", "responder", "engineering", "database", ""),
    "noor": ("Noor Aziz", "responder", "engineering", "infrastructure", "+4915112345609"),
    "kofi": ("Kofi Mensah", "responder", "engineering", None, ""),
    "elif": ("Elif Kaya", "responder", "engineering", "backend", ""),
    "stan": ("Stan Larsen", "stakeholder", "sales", None, ""),
    "board": ("Board office", "stakeholder", "leadership", None, ""),
}
GLOBEX = {
    "omar": ("Omar Reyes", "owner", "engineering", "backend", "+4915112345699"),
    "ines": ("Ines Costa", "responder", "support", None, ""),
}
ON_CALL = {"engineering": "tariq", "communications": "mei", "support": "sam", "finance": "priya", "product": "ada"}
SERVICES = {
    "acme": {"checkout": ("Checkout", "backend"), "gateway": ("Card gateway", "backend"),
             "ledger": ("Ledger", "database"), "search": ("Search", "backend"), "sign-in": ("Sign-in", "frontend")},
    "globex": {"tracking": ("Parcel tracking", "backend")},
}  # fmt: skip
# Which service needs which others, and which team owns them.
NEEDS = {"checkout": ("gateway", "sign-in"), "ledger": ("gateway",)}
OWNED_BY = {"payments": ("checkout", "gateway", "ledger"), "edge": ("search", "sign-in")}
TEAMS = {
    "payments": ("Payments", "backend", ("tariq", "jonas", "elif")),
    "edge": ("Edge", "infrastructure", ("noor", "lena")),
}
MANAGED_BY = {"payments": "kofi", "edge": "kofi"}


def settle(slug, name, cast, password):
    """Found a demonstration organisation with its people. Returns `(organization, {local part: membership})`."""
    owner, *others = cast
    membership = found(name, owner=_person(owner, slug, cast, password), slug=slug, is_demo=True)
    organization = membership.organization
    with acting_in(organization):
        Membership.objects.update(phone=cast[owner][4], domain=_domain(cast[owner][3]))
        for local in others:
            _, role, function, domain, phone = cast[local]
            Membership.admit(
                _person(local, slug, cast, password),
                by=None,
                role=OrganizationRole(role),
                function=Function.objects.get(slug=function),
                domain=_domain(domain),
                phone=phone,
            )
        members = {
            each.email.partition("@")[0]: each
            for each in Membership.objects.with_people().select_related("organization")
        }
        _arrange(slug, members)
    return organization, members


def _person(local, slug, cast, password):
    person, _ = found_person(f"{local}@{slug}.test", password=password, name=cast[local][0])
    return person


def _domain(slug):
    return TechnicalDomain.objects.get(slug=slug) if slug else None


def _arrange(slug, members):
    for position, (service, (name, domain)) in enumerate(SERVICES[slug].items()):
        Service.objects.create(slug=service, name=name, domain=_domain(domain), position=position)
    for function, local in ON_CALL.items():
        if local in members:
            Rota.objects.create(function=Function.objects.get(slug=function), on_call=members[local])
    engineering = Function.objects.get(slug="engineering")
    for team, (name, domain, locals_) in TEAMS.items():
        if members.keys() >= set(locals_):
            added = Team.objects.create(slug=team, name=name, function=engineering, domain=_domain(domain))
            added.members.set(members[local] for local in locals_)
            Team.objects.filter(pk=added.pk).update(manager=members[MANAGED_BY[team]])
            Service.objects.filter(slug__in=OWNED_BY[team]).update(team=added)
    for service in Service.objects.filter(slug__in=NEEDS):
        service.rest_on(Service.objects.filter(slug__in=NEEDS[service.slug]), by=None)
