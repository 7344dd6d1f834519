"""Commands in a message: each does what its page does, with the same rights, and once; or the line stays, with why."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from incidents import commands
from incidents.models import (
    ChangeIntent,
    Finding,
    Message,
    RoleAssignment,
    Task,
    Workstream,
    WorkstreamDependency,
)
from teams.models import Membership, Person, Service, Team
from teams.tenancy import acting_in
from tests.factories import declare_incident, open_workstream, post_message
from tests.incidents.pages import HTMX, all_at_once, field_of, last_entry, words_of


@pytest.fixture
def incident(lena):
    return declare_incident(lena)


@pytest.fixture
def stream(incident, lena):
    """Where the lines are written; another one stands beside it, and something was said."""
    open_workstream(incident, "Drain the database", by=lena)
    stream = open_workstream(incident, "Roll back", by=lena)
    post_message(incident, "Half is back.", by=lena, workstream=stream)
    return stream


@pytest.fixture
def say(stream, signed_in):
    """`say(tariq, "/pin")` sends a line as a plain form; `key` as it was made with the form."""

    def send(who, text, **options):
        key = options.pop("key", "")
        address = f"/o/acme/incidents/{stream.incident.number}/workstreams/{stream.pk}/messages/"
        return signed_in(who).post(address, {"text": text, "key": key}, **options)

    return send


def error_in(response):
    found = re.search(r'id="composer-error">Error: (.*?)</p>', response.content.decode(), re.DOTALL)
    return unescape(found[1]) if found else None


def box_of(response):
    return unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", response.content.decode(), re.DOTALL)[1]).strip()


# --- At once ------------------------------------------------------------------------------------------

ACTS = [
    ("/finding 5.1 is healthy | Ran the canary | Go from the lead", "finding_raised"),
    ("/ask Is it only Europe?", "question_asked"),
    ("/task @tariq Drain the queue due 10m", "task_added"),
    ("/role comms @mei", "role_taken"),
    ("/role tech backend @tariq", "role_taken"),
    ("/status identified", "status_changed"),
    ("/page support", "function_requested"),
    ("/page @sam They ask for words", "invitation_sent"),
    ("/ws new Check the ledger", "workstream_opened"),
    ("/blocks ws-drain", "workstream_blocked"),
    ("/pin", "message_pinned"),
    ("/report Card declined", "report_filed"),
    ("/claim restart search for 20m", "change_proposed"),
]


@pytest.mark.parametrize(("line", "kind"), ACTS)
def test_a_whole_line_acts_once_however_often_it_is_sent_and_is_not_said(line, kind, incident, stream, lena, say):
    incident.functions.filter(function__slug="support").delete()
    said, before = Message.objects.count(), incident.timeline.count()

    first, second = (say(lena, line, key="once") for _ in range(2))

    news = [each.kind for each in incident.timeline.order_by("number")[before:]]
    assert news.count(kind) == 1
    assert first.url == second.url == f"/o/acme/incidents/1/?stream={stream.pk}"
    assert Message.objects.count() == said


def test_another_form_with_the_same_line_acts_again(incident, lena, say):
    for key in ("one", "two"):
        say(lena, "/ws new Check the ledger", key=key)

    assert incident.workstreams.filter(title="Check the ledger").count() == 2


def test_a_key_is_ones_own(incident, lena, tariq, say):
    for who in (lena, tariq):
        say(who, "/ws new Check the ledger", key="same")

    assert incident.workstreams.filter(title="Check the ledger").count() == 2


def test_what_was_filled_in_arrives(incident, stream, lena, tariq, say):
    say(lena, "/task Drain the queue @tariq due 2h")
    say(lena, "/finding a | b | c | d")
    say(lena, "/claim restart search for 1h")
    say(lena, "/blocks drain because one lock")

    task, finding, change = Task.objects.latest("pk"), Finding.objects.latest("pk"), ChangeIntent.objects.latest("pk")
    assert (task.text, task.owner, task.workstream) == ("Drain the queue", tariq, stream)
    assert timedelta(minutes=118) < task.due_at - timezone.now() <= timedelta(hours=2)
    assert (finding.condition, finding.actions, finding.needs, finding.workstream) == ("a", "b", "c | d", stream)
    assert (change.action, change.workstream, [*change.services.all()]) == (
        "restart search", stream, [Service.objects.get(slug="search")],
    )  # fmt: skip
    assert timedelta(minutes=58) < change.until - timezone.now() <= timedelta(hours=1)
    waits = WorkstreamDependency.objects.latest("pk")
    assert (waits.waiting.title, waits.blocking, waits.reason) == ("Drain the database", stream, "one lock")


@pytest.mark.parametrize("name", ["mei", "Mei", "mei@acme.test", "MeiTanaka", "mei.tanaka"])
def test_a_role_goes_to_whom_the_name_means(name, incident, lena, mei, say):
    say(lena, f"/role comms @{name}")

    assert RoleAssignment.objects.get(role="communications_lead").membership == mei


def test_without_a_name_a_role_is_taken(incident, tariq, say):
    say(tariq, "/role product")

    assert RoleAssignment.objects.get(role="product").membership == tariq


def test_the_page_says_what_was_done(lena, say):
    fresh = say(lena, "/role comms @mei", headers=HTMX)

    assert "Mei Tanaka is communications lead, given by Lena Fischer." in words_of(fresh)
    assert box_of(fresh) == ""
    assert "live-roles" in fresh["HX-Trigger"]
    assert "Mei Tanaka is asked" not in words_of(fresh)


# --- Opening a page -----------------------------------------------------------------------------------

OPENS = [
    ("/finding Healthy | Ran the canary", "findings/new/", {"condition": "Healthy", "actions": "Ran the canary"}),
    ("/decide Roll back?", "decisions/new/", {"subject": "Roll back?"}),
    ("/ask", "questions/new/", {"text": ""}),
    ("/task @tariq", "tasks/new/", {"owner": "Tariq Haddad"}),
    ("/sev 2 Fewer customers", "severity/", {"reason": "Fewer customers"}),
    ("/status", "status/", {}),
    ("/status resolved because rolled back", "resolution/", {"reason": "rolled back"}),
    ("/update customers Cards fail.", "updates/new/", {"what_is_happening": "Cards fail."}),
    ("/ws", "workstreams/", {"title": ""}),
    ("/handover @tariq Nearly done", "handover/", {"to": "Tariq Haddad, Engineering", "situation": "Nearly done"}),
    ("/claim", "changes/new/", {"action": ""}),
    ("/catchup", "catch-up/", {}),
]  # fmt: skip


@pytest.mark.parametrize(("line", "place", "fields"), OPENS)
def test_what_needs_more_opens_its_page_with_what_was_typed(line, place, fields, incident, lena, say, signed_in):
    before = incident.timeline.count()

    answer = say(lena, line, key="k")

    assert answer.status_code == 302
    assert answer.url.startswith(f"/o/acme/incidents/1/{place}")
    page = signed_in(lena).get(answer.url, follow=True)
    assert page.status_code == 200
    assert {name: value_of(page, name) for name in fields} == fields
    assert incident.timeline.count() == before


def value_of(page, name):
    """What stands in a field: its text, its value, or the words of what is chosen."""
    html = page.content.decode()
    if area := re.search(rf'<textarea[^>]*\bname="{name}"[^>]*>(.*?)</textarea>', html, re.DOTALL):
        return unescape(area[1]).strip()
    if choice := re.search(rf'<select[^>]*\bname="{name}".*?</select>', html, re.DOTALL):
        chosen = re.search(r"<option[^>]* selected[^>]*>(.*?)</option>", choice[0], re.DOTALL)
        return unescape(chosen[1]).strip()
    control = field_of(page, name)
    value = re.search(r'value="([^"]*)"', control)
    return unescape(value[1]) if value else ""


def test_a_report_without_words_opens_the_form_of_this_incident(lena, say):
    assert say(lena, "/report").url == "/o/acme/reports/new/?incident=1"


def test_a_severity_is_chosen_on_the_page_and_only_there(incident, lena, say, signed_in):
    answer = say(lena, "/sev 2 fewer")

    page = signed_in(lena).get(answer.url).content.decode()
    assert re.findall(r'class="btn btn--go"[^>]*value="(\w+)"', page) == ["sev2"]
    incident.refresh_from_db()
    assert incident.severity.slug != "sev2"


def test_over_the_room_a_form_is_a_dialog_and_a_page_is_a_page(lena, say, signed_in):
    dialog = say(lena, "/decide Roll back?", headers=HTMX)
    page = say(lena, "/update customers", headers=HTMX)

    assert signed_in(lena).get(dialog.url, headers=HTMX)["HX-Retarget"] == "#dialog"
    assert page.status_code == 204
    assert page["HX-Redirect"] == "/o/acme/incidents/1/updates/new/?audience=customers"


def test_too_much_for_an_address_stays_in_the_box(lena, say):
    line = f"/decide {'ä' * 4000}"

    answer = say(lena, line)

    assert answer.status_code == 422
    assert box_of(answer) == line


# --- What is not done ---------------------------------------------------------------------------------

UNKNOWN = "/help lists them. To send it as a message, begin with two slashes."
ROLES = "lead, communications_lead, technical_coordinator, support_liaison, product, executive, responder, observer."
ANYWAY = "Say why to do it anyway. End the line with: anyway because …"
REFUSED = [
    ("lena", "/nonsense do it", f"There is no command /nonsense. {UNKNOWN}"),
    ("lena", "/etc/hosts is wrong", f"There is no command /etc/hosts. {UNKNOWN}"),
    ("lena", "/", f"There is no command /. {UNKNOWN}"),
    ("lena", "/role", f"Say which role, and whose: /role comms @lena. There are: {ROLES}"),
    ("lena", "/role singer @mei", f"There is no role “singer”. There are: {ROLES}"),
    ("lena", "/role comms @mei please", "“please” was not understood here. Leave it out, or say it in a message."),
    (
        "lena", "/role tech @tariq",
        "It is held for one domain: /role tech backend @tariq. "
        "There are: backend, frontend, infrastructure, database, platform.",
    ),
    ("lena", "/role comms @stan", "Stan Larsen is a stakeholder and cannot take a role."),
    ("tariq", "/role lead", "Lena Fischer is incident lead."),
    ("tariq", "/role lead @mei", f"Lena Fischer decides about this role. {ANYWAY}"),
    ("lena", "/sev 9", "There is no severity “9”. There are: sev1, sev2, sev3, sev4."),
    (
        "lena", "/status happy",
        "There is no status “happy”. There are: investigating, identified, monitoring, resolved, closed, declined.",
    ),
    ("lena", "/status i", "“i” may be investigating, identified. Write more of it."),
    ("tariq", "/status identified", f"Only the incident lead may change the status. {ANYWAY}"),
    (
        "lena", "/update press",
        "There is no audience “press”. There are: technical, coordination, leadership, customers.",
    ),
    (
        "lena", "/page",
        "Say whom: /page support, or /page @sam. Functions: engineering, support, product, communications, "
        "leadership, finance, legal, compliance and 2 more.",
    ),
    ("lena", "/page @lena", "You need no invitation: join."),
    ("tariq", "/page finance", "The incident lead decides which functions are needed."),
    ("lena", "/ws Check the ledger", "Say what it is called: /ws new Roll back the gateway."),
    ("lena", f"/ws new {'x' * 121}", "At most 120 characters, and these are 121."),
    ("lena", "/blocks", "Say which workstream waits for this one. There are: drain-the-database."),
    ("lena", "/blocks ws-nowhere", "There is no workstream “nowhere”. There is: drain-the-database."),
    ("mei", "/handover @tariq", "You hold no role here that you could hand over."),
    (
        "lena", "/claim all of it for 9000d",
        "Say when within the next day it is over; extend it when it takes longer.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("who", "line", "words"), REFUSED)
def test_what_cannot_be_done_stays_in_the_box_with_the_reason(who, line, words, incident, say, request):
    said, before = Message.objects.count(), incident.timeline.count()

    answer = say(request.getfixturevalue(who), line, key="k")

    assert (answer.status_code, box_of(answer), error_in(answer)) == (422, line, words)
    assert (Message.objects.count(), incident.timeline.count()) == (said, before)


def test_a_refused_line_can_be_mended_in_the_same_form(incident, lena, mei, say):
    assert say(lena, "/role comms @nobody", key="one").status_code == 422

    assert say(lena, "/role comms @mei", key="one").status_code == 302
    assert RoleAssignment.objects.get(role="communications_lead").membership == mei


def test_a_rule_is_broken_only_by_saying_so(incident, tariq, say):
    assert say(tariq, "/status identified because it is the pool").status_code == 422

    say(tariq, "/status identified anyway because nobody answers")

    assert last_entry(incident).details["waiver"] == "nobody answers"


@pytest.mark.parametrize("line", ["/task @{} Drain", "/role comms @{}", "/page @{}", "/handover @{}"])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nobody", "Nobody here is called @nobody. There is: @lena (Lena Fischer)."),
        ("tarik", "Nobody here is called @tarik. There is: @tariq (Tariq Haddad)."),
        ("omar", "Nobody here is called @omar. There is: @lena (Lena Fischer)."),
    ],
)
def test_nobody_is_guessed(line, name, words, incident, lena, say):
    line = line.format(name)

    answer = say(lena, line)

    assert (answer.status_code, box_of(answer), error_in(answer)) == (422, line, words)
    assert not RoleAssignment.objects.filter(role="communications_lead").exists()


def test_of_two_with_one_name_the_whole_address_decides(incident, lena, mei, say):
    twin = Person.objects.create_user("mei@partner.test", name="Mei Lin")
    Membership.objects.create(person=twin, role="responder")

    answer = say(lena, "/role comms @mei")

    assert error_in(answer) == (
        "@mei may be @mei@acme.test (Mei Tanaka), @mei@partner.test (Mei Lin). Write the whole address after the @."
    )
    say(lena, "/role comms @mei@partner.test")
    assert RoleAssignment.objects.get(role="communications_lead").membership.email == "mei@partner.test"


def test_a_team_is_not_called_as_a_whole(incident, lena, tariq, mei, say):
    team = Team.objects.create(slug="payments", name="Payments", function=lena.function)
    team.members.add(tariq, mei)

    answer = say(lena, "/page payments")

    assert error_in(answer) == "Payments is a team, and is not called as a whole. Call one of them: @mei, @tariq."


def test_nothing_waits_for_general(incident, stream, lena, signed_in):
    general = incident.workstreams.in_order().first()

    answer = signed_in(lena).post(
        f"/o/acme/incidents/1/workstreams/{general.pk}/messages/", {"text": "/blocks roll-back"}
    )

    assert error_in(answer) == "Nothing waits for General. Write this in the workstream that the other one waits for."


def test_a_workstream_one_may_not_know_of_is_not_named(incident, lena, tariq, say):
    Workstream.open(incident, "Lawyers", by=lena, restricted=True)

    assert "lawyers" in error_in(say(lena, "/blocks x"))
    assert "lawyers" not in error_in(say(tariq, "/blocks x"))


@pytest.mark.parametrize("line", [line for line, _ in ACTS] + ["/help", "/nonsense"])
def test_outsiders_and_stakeholders_find_no_place_for_a_line(line, incident, omar, stan, say):
    before = incident.timeline.count()

    assert [say(who, line).status_code for who in (omar, stan)] == [404, 404]
    assert incident.timeline.count() == before


def test_when_it_is_over_the_verbs_say_so(incident, lena, say):
    incident.resolve(by=lena)

    assert (say(lena, "/ws new Another").status_code, Workstream.objects.filter(title="Another").count()) == (422, 0)


# --- Messages that look like commands -----------------------------------------------------------------


def test_two_slashes_begin_a_message_that_begins_with_one(stream, lena, say):
    say(lena, "//etc/hosts is wrong")

    assert Message.objects.latest("pk").text == "/etc/hosts is wrong"


@pytest.mark.parametrize("text", ["Try /role", "a\n/role comms @mei", "1/2 are back"])
def test_a_slash_further_on_is_nothing_special(text, lena, say):
    say(lena, text)

    assert Message.objects.latest("pk").text == text


# --- Help ---------------------------------------------------------------------------------------------


def test_help_lists_what_this_person_may_do(incident, lena, tariq, say):
    of_lead, of_other = (words_of(say(who, "/help", headers=HTMX)) for who in (lena, tariq))

    assert all(f"/{word}" in of_lead for word in commands.COMMANDS)
    assert "The incident lead does these" not in of_lead
    assert "/status" in of_other.split("The incident lead does these")[1]
    assert "/task" in of_other.split("The incident lead does these")[0]


def test_help_afterwards_leaves_out_what_is_over(incident, lena, say):
    incident.resolve(by=lena)

    page = (
        words_of(say(lena, "/help", headers=HTMX)).split("What you may do here in one line")[1].split("starts with")[0]
    )

    assert "/report" in page
    assert "/role" not in page


def test_help_is_a_page_without_scripts_and_is_not_said(incident, lena, say):
    answer = say(lena, "/help")

    assert answer.status_code == 200
    assert "<html" in answer.content.decode()
    assert box_of(answer) == ""


def test_every_command_stands_in_the_page_for_the_hint(incident, lena, signed_in):
    page = signed_in(lena).get("/o/acme/incidents/1/").content.decode()

    assert re.findall(r'data-command="/(\w+)"', page) == list(commands.COMMANDS)


# --- At the same moment -------------------------------------------------------------------------------


def test_a_line_that_arrives_twice_at_once_is_done_once(committed_acme):
    with acting_in(committed_acme):
        lena = Membership.objects.with_people().get(person__email="lena@acme.test")
        stream = declare_incident(lena).workstreams.get()

    def send():
        with acting_in(committed_acme):
            asked = commands.Asked("new Check the ledger", workstream=stream, by=lena, key="once")
            return commands.obey(commands.Line("ws", ""), asked).number

    numbers = all_at_once(send, count=4)

    with acting_in(committed_acme):
        assert len(set(numbers)) == 1
        assert Workstream.objects.filter(title="Check the ledger").count() == 1
