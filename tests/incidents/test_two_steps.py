"""From the page of an incident every core act is at most two steps away, without JavaScript: a link, then a form."""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest

from incidents.models import FunctionActivation, RoleAssignment, UpdateDraft
from teams.models import Function
from tests.factories import (
    add_task,
    ask_question,
    declare_incident,
    file_report,
    name_symptom,
    open_workstream,
    post_message,
    propose_change,
    propose_theory,
    raise_decision,
    raise_finding,
)
from tests.incidents.pages import url_of

# Who does it, and where its form leads below the incident; `N` is a number.
ACTS = {
    "give a role": ("lena", "roles/executive/"),
    "take a role": ("ruth", "roles/executive/"),
    "accept a finding": ("lena", "findings/N/"),
    "say what we know": ("lena", "synthesis/new/"),
    "record a decision": ("lena", "decisions/new/"),
    "decide": ("lena", "decisions/N/"),
    "assess": ("lena", "assessment/"),
    "change the severity": ("lena", "severity/"),
    "change the status": ("lena", "status/"),
    "resolve": ("lena", "resolution/"),
    "confirm a draft": ("lena", "drafts/customers/"),
    "hand over the lead": ("lena", "handover/"),
    "call for a function": ("lena", "functions/legal/"),
    "release a function": ("lena", "functions/communications/"),
    "invite somebody": ("lena", "invitations/"),
    "lift a rule": ("lena", "waivers/"),
    "post a finding": ("tariq", "findings/new/"),
    "claim a change": ("tariq", "changes/new/"),
    "begin a change": ("lena", "changes/N/release/"),
    "end a change": ("tariq", "changes/N/result/"),
    "state a theory": ("tariq", "hypotheses/new/"),
    "settle a theory": ("tariq", "hypotheses/N/state/"),
    "open a workstream": ("tariq", "workstreams/"),
    "say what waits for what": ("tariq", "workstreams/N/"),
    "write a message": ("tariq", "workstreams/N/messages/"),
    "ask a question": ("tariq", "questions/new/"),
    "take a task": ("tariq", "tasks/N/owner/"),
    "finish a task": ("tariq", "tasks/N/completion/"),
    "add a task": ("tariq", "tasks/new/"),
    "publish an update": ("mei", "updates/new/"),
    "write a draft": ("mei", "drafts/customers/"),
    "say the holding text": ("mei", "drafts/leadership/holding/"),
    "answer a question": ("mei", "questions/N/"),
    "move a clock": ("mei", "clocks/customers/"),
    "tell what a customer sees": ("sam", "reports/"),
    "count one more customer": ("sam", "/o/acme/reports/N/echoes/"),
    "say what agents may say": ("sam", "support-brief/new/"),
    "say what does not work": ("ada", "impacts/new/"),
    "say what comes back first": ("ada", "restoration-order/"),
    "promise something": ("ada", "commitments/new/"),
    "join": ("ruth", "participation/"),
    "ask from outside": ("stan", "questions/new/"),
    "follow": ("stan", "participation/"),
}


@pytest.fixture
def people(lena, tariq, mei, sam, ruth, ada, stan):
    return {"lena": lena, "tariq": tariq, "mei": mei, "sam": sam, "ruth": ruth, "ada": ada, "stan": stan}


@pytest.fixture
def incident(people):
    """A room in which there is one of everything to act on."""
    lena, tariq, mei, sam = (people[name] for name in ("lena", "tariq", "mei", "sam"))
    incident = declare_incident(lena, severity="sev1")
    for role, member in (("communications_lead", mei), ("support_liaison", sam), ("product", people["ada"])):
        RoleAssignment.assign(incident, role, member, by=lena)
    FunctionActivation.change(incident, Function.objects.get(slug="communications"), "engaged", by=mei)
    open_workstream(incident, by=lena, owner=tariq)
    post_message(incident, by=tariq)
    raise_finding(incident, by=tariq)
    raise_decision(incident, "coordination", by=tariq)
    ask_question(incident, by=people["stan"])
    add_task(incident, by=lena)
    add_task(incident, "Watch the queue", by=lena, owner=tariq)
    propose_theory(incident, by=tariq)
    file_report(incident, by=sam)
    name_symptom(incident, by=sam)
    propose_change(incident, "search", by=tariq)
    propose_change(incident, "ledger", by=tariq).start(by=lena)
    UpdateDraft.save_text(
        incident, "customers", {"what_is_happening": "Cards fail.", "what_we_are_doing": "We roll back."}, by=mei
    )
    incident.drafts.get().propose(by=mei)
    return incident


def forms_of(page, address):
    """The addresses to which the forms of a page are sent."""
    found = re.findall(r"<form\b([^>]*)>", page)
    actions = (re.search(r'\baction="([^"]*)"', attributes) for attributes in found)
    return {urlsplit(urljoin(address, unescape(action[1] if action else ""))).path for action in actions}


def links_of(page, address):
    hrefs = re.findall(r'<a\b[^>]*\bhref="([^"#][^"]*)"', page)
    return {urljoin(address, unescape(href)).partition("#")[0] for href in hrefs}


def within_two_steps(browser, incident):
    """Where a form of the room leads, or one of a page that the room links to, numbers as `N`."""
    room = url_of(incident)
    page = browser.get(room).content.decode()
    found = forms_of(page, room)
    # Of pages of one kind one is enough.
    links = {_kind_of(urlsplit(link).path): link for link in sorted(links_of(page, room)) if link.startswith(room)}
    for link in links.values():
        if "export" not in link and "print" not in link:
            answer = browser.get(link, follow=True)
            assert answer.status_code == 200, link
            found |= forms_of(answer.content.decode(), link)
    return {_kind_of(each.removeprefix(room)) for each in found}


def _kind_of(path):
    return re.sub(r"/\d+/", "/N/", path)


@pytest.mark.parametrize("name", ["lena", "tariq", "mei", "sam", "ruth", "ada", "stan"])
def test_every_core_act_is_at_most_two_steps_away(name, incident, people, signed_in):
    reached = within_two_steps(signed_in(people[name]), incident)

    missing = {act: place for act, (who, place) in ACTS.items() if who == name and place not in reached}
    assert missing == {}, sorted(reached)
