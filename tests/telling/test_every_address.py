"""Every address of the organisation, named with every row that lies behind it, tells its reader only what is theirs.

`test_nothing_leaks.py` reads what people are given; here they type addresses that nobody gave them.
"""

import pytest

from incidents.models import StreamException
from notifications import tick
from tests.telling.readers import allowed_at, body_of, excess
from tests.test_routes import IDENTIFIED, OF_ORGANIZATION, OF_PROGRAMS

# Who works and may not know everything, who reads along, and who only has to know.
CURIOUS = ("sam", "olga", "stan")
# A table is walked from both ends: the first rows and the last.
ROWS = 3


@pytest.fixture
def planted(plant):
    planted = plant()
    tick.run()
    StreamException.grant(planted.secret, planted.ada, minutes=30, by=planted.lena)
    return planted


def addresses(planted):
    """`(route, address)` of all that can be named."""
    exception = StreamException.objects.get().pk
    for route in OF_ORGANIZATION + OF_PROGRAMS:
        rows = [None]
        if model := IDENTIFIED.get(route.name):
            rows = list(model.objects.order_by("pk"))
            rows = rows if len(rows) <= 2 * ROWS else rows[:ROWS] + rows[-ROWS:]
        for row in rows:
            numbered = getattr(row, "number", None)
            yield (
                route,
                route.address(
                    org="acme",
                    number=1 if route.name == "api-playbook-version" else planted.incident.number,
                    pk=getattr(row, "pk", None),
                    slug=getattr(row, "slug", None),
                    update=numbered,
                    exception=exception,
                    decision=numbered,
                    version=getattr(row, "version", None),
                    audience="customers",
                    place="social",
                    role="lead",
                    entry=1,
                ),
            )


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", CURIOUS)
def test_no_address_says_more_than_its_reader_may_know(planted, name, signed_in, program):
    member = getattr(planted, name)
    browser, api = signed_in(member), program(member).client
    leaks, opened = [], 0
    for route, address in addresses(planted):
        answer = (api if route.name.startswith("api-") else browser).get(address)
        opened += answer.status_code == 200
        if more := excess(planted, body_of(answer), allowed_at(address, name)):
            leaks.append((address, answer.status_code, more))

    assert leaks == []
    assert opened > {"stan": 100}.get(name, 300)
