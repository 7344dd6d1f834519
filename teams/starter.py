"""The functions and domains every new organisation starts with; all of it is theirs to change."""

from .models import Function, TechnicalDomain

FUNCTIONS = [
    ("engineering", "Engineering", "Finds the cause and repairs it."),
    ("support", "Support", "Hears customers first: what is broken, for whom, in their words."),
    ("product", "Product", "Knows dependencies and priorities; decides what is restored first."),
    ("communications", "Communications", "Writes to every audience, in plain words and on time."),
    ("leadership", "Leadership", "Weighs business risk and frees people from other commitments."),
    ("finance", "Finance", "Payments, refunds, revenue and contracts at risk."),
    ("legal", "Legal", "Obligations, disclosure, and what may be said."),
    ("compliance", "Compliance", "Standards, regulators and evidence."),
    ("privacy", "Privacy", "Personal data: who is affected and who must be told."),
    ("sales", "Sales", "Key accounts and what was promised to them."),
]

DOMAINS = [
    ("backend", "Backend", "APIs, business logic and the services behind them."),
    ("frontend", "Frontend", "Web and mobile applications, and what customers experience in them."),
    ("infrastructure", "Infrastructure", "Deployment, networks, compute and cloud resources."),
    ("database", "Database", "Queries, replication, storage and data integrity."),
    ("platform", "Platform", "Pipelines, internal tools and shared services."),
]


def seed():
    """Create the catalogue in the active organisation. Returns `{slug: Function}`."""
    functions = {
        slug: Function.objects.create(slug=slug, name=name, description=description, position=position)
        for position, (slug, name, description) in enumerate(FUNCTIONS)
    }
    for position, (slug, name, description) in enumerate(DOMAINS):
        TechnicalDomain.objects.create(
            slug=slug,
            name=name,
            description=description,
            position=position,
            function=functions["engineering"],
        )
    return functions
