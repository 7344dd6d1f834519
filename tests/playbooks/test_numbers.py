"""The numbers that a new organisation begins with, and that one from before has as well."""

from importlib import import_module

from django.apps import apps

from playbooks.models import Audience, Cadence, HoldingText, Severity
from tests.factories import declare_incident

# Minutes at SEV1, SEV2, SEV3, SEV4; None: when something changes.
REGISTER = {
    "technical": (15, 20, 30, None),
    "coordination": (15, 30, 60, None),
    "leadership": (60, 60, None, None),
    "customers": (30, 60, None, None),
}
BEGINS = {
    "first": {"customers": (10, 15, None, None)},
    "confirmed": {"customers": ("lead", "lead", "nobody", "nobody")},
}


def numbers():
    """What stands in the active organisation, in the shape of the register."""
    rows = {(row.audience, row.severity.rank): row for row in Cadence.objects.select_related("severity")}
    return {
        field: {each.value: tuple(getattr(rows[each, rank], field) for rank in range(1, 5)) for each in Audience}
        for field in ("minutes", "first_minutes", "minimum_minutes", "confirmation")
    }


def begin():
    nobody, none = ("nobody",) * 4, (None,) * 4
    return {
        "minutes": REGISTER,
        "first_minutes": {each.value: BEGINS["first"].get(each, none) for each in Audience},
        "minimum_minutes": {each.value: none for each in Audience},
        "confirmation": {each.value: BEGINS["confirmed"].get(each, nobody) for each in Audience},
    }


def bring_up_to_date():
    import_module("playbooks.migrations.0003_numbers").fill_in(apps, None)


def texts():
    return set(HoldingText.objects.values_list("severity__rank", "audience", "part", "text"))


def test_a_new_organisation_begins_with_the_register(acme):
    assert numbers() == begin()
    assert {rank for rank, *_ in texts()} == {1, 2}


def test_one_from_before_gets_what_a_new_one_begins_with_once(acme):
    new = texts()
    Cadence.objects.update(first_minutes=None, confirmation="nobody")
    HoldingText.objects.all().delete()

    bring_up_to_date()
    bring_up_to_date()

    assert numbers() == begin()
    assert texts() == new


def test_what_an_organisation_has_said_itself_is_left_alone(acme):
    Cadence.objects.update(first_minutes=None, confirmation="nobody")
    Cadence.objects.filter(audience="leadership").update(confirmation="second")
    HoldingText.objects.all().delete()
    before = numbers()

    bring_up_to_date()

    assert (numbers(), texts()) == (before, set())


def test_a_severity_without_any_numbers_owes_nothing_and_may_be_told_of(acme, lena):
    Cadence.objects.filter(severity__slug="sev3").delete()
    incident = declare_incident(lena, severity="sev3")

    assert not incident.obligations.live().filter(kind="update").exists()
    assert Cadence.objects.minimum(Severity.objects.get(slug="sev3"), "customers") is None
    entry = incident.updates.model.publish(incident, "technical", {"text": "Looking."}, by=lena)
    assert incident.updates.get(pk=entry.details["update"]).next_update_at is None
