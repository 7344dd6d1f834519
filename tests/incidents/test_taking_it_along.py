"""Taking an incident along: as Markdown, as JSON, on paper; all that one may read, and safe to open."""

import json
import re
from datetime import UTC, timedelta

import pytest
from django.utils import timezone
from markdown_it import MarkdownIt

from incidents.exports import as_markdown
from incidents.models import (
    BusinessImpact,
    ChangeIntent,
    Decision,
    Document,
    FixAttempt,
    GuardWaiver,
    Handover,
    Hypothesis,
    Participant,
    RestorationOrder,
    RoleAssignment,
    StatusUpdate,
    SyncPoint,
    TimelineEntry,
    Touchpoint,
    UpdateChallenge,
    UpdateDraft,
)
from tests.factories import (
    add_task,
    ask_question,
    declare_incident,
    give_estimate,
    open_workstream,
    post_message,
    propose_commitment,
    propose_impact,
    raise_finding,
)
from tests.incidents.pages import queries_of, url_of, words_of

HOSTILE = (
    "# A heading\n\n- a list\n1. another\n> quote\n```\nfence\n````\nsetext\n===\n---\n"
    "| a | b |\n|---|---|\n<script>alert(1)</script> [link](https://evil.example) ![x](https://evil.example/p.png)\n"
    "    indented\n<!-- hidden\n&lt;b&gt; **bold** `code` \\"
)


@pytest.fixture
def incident(lena, tariq, mei):
    incident = declare_incident(lena, "Card payments time out")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    RoleAssignment.assign(incident, "lead", tariq, by=lena)
    StatusUpdate.publish(incident, "technical", {"text": "Draining takes long."}, by=tariq)
    StatusUpdate.publish(incident, "leadership", {
        "business_impact": "Orders wait.", "customer_effect": "Slow.", "expected_timeline": "Unknown.",
    }, by=mei)  # fmt: skip
    Document.add(incident, "Provider status", "https://status.example/", by=lena)
    post_message(incident, "The **replica** lags.", by=tariq).put_on_record(by=lena)
    add_task(incident, by=tariq)
    raise_finding(incident, by=tariq)
    ask_question(incident, by=mei)
    TimelineEntry.note(incident, "They called.", by=mei, happened_at=timezone.now() - timedelta(hours=1))
    return incident


def read(response):
    assert response.status_code == 200
    assert response.streaming
    return b"".join(response.streaming_content).decode()


def as_json(browser, incident):
    return json.loads(read(browser.get(url_of(incident, "export.json"))))


# --- JSON -------------------------------------------------------------------------------------------


def test_it_says_when_it_was_taken_and_up_to_which_entry(lena, incident, signed_in):
    before = timezone.now()

    taken = as_json(signed_in(lena), incident)

    last = incident.timeline.latest_first().first()
    assert (taken["format"], taken["entry"], taken["seal"]) == ("muster.incident.v1", last.number, last.hash)
    assert taken["exported_by"] == "lena@acme.test"
    assert before.astimezone(UTC).isoformat() <= taken["exported_at"]
    assert taken["record"].endswith("/o/acme/incidents/1/")
    assert taken["incident"]["title"] == "Card payments time out"


def test_it_holds_everything_in_the_shapes_of_the_api(lena, tariq, incident, signed_in, program):
    taken, api = as_json(signed_in(lena), incident), program(lena)

    assert taken["timeline"] == api.get("/incidents/1/timeline/").json()["results"]
    assert taken["updates"] == api.get("/incidents/1/updates/").json()["results"][::-1]
    for name in ("findings", "tasks", "questions"):
        assert taken[name] == api.get(f"/incidents/1/{name}/").json()["results"] != []
    assert taken["documents"] == api.get("/incidents/1/documents/").json()["results"]
    assert taken["workstreams"] == api.get("/incidents/1/workstreams/").json()["results"]
    assert [(role["role"], role["name"], role["until"] is None) for role in taken["roles"]] == [
        ("lead", "Lena Fischer", False),
        ("communications_lead", "Mei Tanaka", True),
        ("lead", "Tariq Haddad", True),
    ]
    assert {each["member"] for each in taken["participants"]} >= {"lena@acme.test", "tariq@acme.test"}


def test_what_was_drafted_challenged_and_written_where_customers_read_is_in_it(
    lena, tariq, mei, stan, incident, signed_in
):
    said = {"what_is_happening": "Cards *fail*.", "what_we_are_doing": "We roll back."}
    UpdateDraft.save_text(incident, "customers", said, by=mei)
    incident.drafts.get().discard(by=mei)
    UpdateDraft.save_text(incident, "customers", said, by=mei)
    incident.drafts.open().get().confirm(by=tariq)
    incident.drafts.open().get().publish(by=mei, hold=None)
    update = incident.updates.get(audience="customers")
    Touchpoint.write(incident, "social", "Cards *fail*.", by=mei)
    UpdateChallenge.raise_against(update, "Only *some* do", by=tariq)
    update.correct(said | {"what_is_happening": "Some cards fail."}, by=mei, reason="Some *only*")
    Touchpoint.write(incident, "social", "Some cards fail.", by=mei)

    taken, text = as_json(signed_in(lena), incident), read(as_text(signed_in(lena), incident))

    assert [(each["state"], each["update_number"], each["confirmed_by"]) for each in taken["drafts"]] == [
        ("discarded", None, None),
        ("published", update.number, "tariq@acme.test"),
    ]
    assert [each["text"] for each in taken["touchpoints"]] == ["Cards *fail*.", "Some cards fail."]
    assert [(each["state"], each["answer"]) for each in taken["challenges"]] == [("corrected", "Some *only*")]
    assert "Only \\*some\\* do\n  - mei@acme.test: Some \\*only\\*\n" in text
    assert "Corrected: Some \\*only\\*" in text
    assert "confirmed by tariq@acme.test: update 3" in text
    assert "### Social, version 2" in text
    outside = as_json(signed_in(stan), incident)
    assert not outside.keys() & {"drafts", "touchpoints", "challenges"}


def test_what_was_estimated_promised_and_put_in_order_is_in_it(lena, incident, stan, signed_in, program):
    give_estimate(incident, by=lena, hours=(1, 2), basis="One *node* an hour", waiver="Tariq drives")
    propose_impact(incident, by=lena, segment="EU").confirm(by=lena, waiver="Nobody is product")
    BusinessImpact.state(incident, "serious", "Sales wait", by=lena, waiver="Nobody is product", key_accounts=["Hooli"])
    propose_commitment(incident, by=lena)
    RestorationOrder.set(incident, ["Exports", "Search"], by=lena, waiver="Nobody is product")

    taken, api, text = as_json(signed_in(lena), incident), program(lena), read(as_text(signed_in(lena), incident))

    for name in ("estimates", "impacts", "business_impacts", "commitments", "restoration_orders"):
        assert taken[name] == api.get(f"/incidents/1/{name.replace('_', '-')}/").json()["results"] != []
    assert "confidence medium, by lena@acme.test. One \\*node\\* an hour" in text
    assert "checkout, EU" in text
    assert "serious, among them Hooli. Sales wait" in text
    assert ", to Hooli by " in text
    assert ": Exports, then Search" in text
    theirs = as_json(signed_in(stan), incident)
    assert (theirs["estimates"], theirs["impacts"][0]["segment"]) == ([], "EU")
    assert not {"commitments", "restoration_orders"} & set(theirs)


def test_what_was_decided_changed_and_suspected_is_in_it(lena, incident, signed_in, program):
    Decision.open(incident, "coordination", "Roll *back*?", by=lena, choice="Roll back", waiver="Nobody else is here")
    ChangeIntent.propose(incident, "Roll back", by=lena, until=timezone.now() + timedelta(minutes=30))
    Hypothesis.propose(incident, "The pool is too small", by=lena)
    FixAttempt.start(incident, "A larger pool", by=lena)
    GuardWaiver.keep(incident, "no_communications_lead", "", reason="Three of us are here", by=lena)

    taken, api, text = as_json(signed_in(lena), incident), program(lena), read(as_text(signed_in(lena), incident))

    for name, path in (("decisions", "decisions"), ("changes", "changes"), ("hypotheses", "hypotheses"),
                       ("fix_attempts", "fix-attempts"), ("waivers", "waivers")):  # fmt: skip
        listed = api.get(f"/incidents/1/{path}/").json()["results"]
        assert taken[name] == sorted(listed, key=lambda row: row["id"]) != []
    assert "- D1 decided, by lena@acme.test, outside authority. Roll \\*back\\*?: Roll back" in text
    assert "C1 proposed" in text or "C1 clear" in text
    assert "H1 open: The pool is too small" in text
    assert ": A larger pool" in text
    assert "no communications lead" in text


def as_text(browser, incident):
    return browser.get(url_of(incident, "export.md"))


def test_who_left_is_in_it_too(lena, sam, incident, signed_in):
    Participant.join(incident, sam, by=sam)
    incident.participants.get(membership=sam).leave(by=sam)

    left = {each["member"]: each["left_at"] for each in as_json(signed_in(lena), incident)["participants"]}

    assert left["sam@acme.test"]
    assert left["lena@acme.test"] is None


def test_a_stakeholder_takes_along_what_they_may_read(lena, stan, incident, signed_in):
    everything, briefing = as_json(signed_in(lena), incident), as_json(signed_in(stan), incident)

    assert "documents" in everything
    assert briefing.keys() == everything.keys() - {
        "documents", "workstreams", "what_we_know", "findings", "tasks", "decisions", "changes", "hypotheses",
        "fix_attempts", "waivers", "symptoms", "reports", "digests", "asks", "reinforcements",
        "commitments", "restoration_orders", "handovers", "sync_points", "drafts", "challenges", "touchpoints",
    }  # fmt: skip
    assert [update["audience"] for update in briefing["updates"]] == ["leadership"]
    assert briefing["participants"] == []
    readable = list(incident.timeline.visible_to(stan).in_order().values_list("number", flat=True))
    assert [entry["number"] for entry in briefing["timeline"]] == readable
    assert briefing["entry"] == readable[-1]
    assert "replica" not in json.dumps(briefing)
    assert "replica" not in read(signed_in(stan).get(url_of(incident, "export.md")))


def test_what_is_restricted_is_in_no_section_of_whoever_may_not_know_of_it(lena, mei, sam, incident, signed_in):
    stream = open_workstream(incident, "Call the marmots", by=lena, owner=mei)
    stream.restrict(by=lena)
    here, when = {"by": lena, "workstream": stream}, timezone.now() + timedelta(minutes=30)
    post_message(incident, "Marmots everywhere", by=mei, workstream=stream).put_on_record(by=mei)
    raise_finding(incident, "Marmots bite", **here)
    add_task(incident, "Feed the marmots", **here)
    Decision.open(incident, "coordination", "Free the marmots?", **here)
    ChangeIntent.propose(incident, "Move the marmots", until=when, **here)
    Hypothesis.propose(incident, "Marmots ate it", **here)
    FixAttempt.start(incident, "Count the marmots", by=lena, hypothesis=incident.hypotheses.get())
    SyncPoint.call(incident, "About marmots", by=lena, starts_at=when, streams=[stream], waiver="Tariq sleeps")
    GuardWaiver.keep(incident, "silent_workstream", "1", reason="Marmots sleep", by=lena, workstream=stream)

    mine, theirs = (as_json(signed_in(each), incident) for each in (mei, sam))

    hidden = {
        *("timeline", "workstreams", "findings", "tasks", "decisions", "changes", "hypotheses", "fix_attempts"),
        *("sync_points", "waivers"),
    }
    assert {name for name, rows in mine.items() if "marmot" in json.dumps(rows).lower()} == hidden
    assert "marmot" not in json.dumps(theirs).lower()
    assert mine.keys() == theirs.keys()
    assert "marmot" in read(as_text(signed_in(mei), incident)).lower()
    assert "marmot" not in read(as_text(signed_in(sam), incident)).lower()


def test_who_took_over_and_who_met_is_in_it(lena, tariq, sam, incident, signed_in, program):
    worn = incident.roles.current().get(role="lead")
    Handover.begin(worn, sam, by=tariq, situation="The *roll-back* runs.", objectives="Watch it.")
    incident.handovers.get().acknowledge(by=sam)
    when = timezone.now() + timedelta(minutes=5)
    SyncPoint.call(incident, "Order the changes", by=sam, starts_at=when, purpose="Who goes first", attendees=[tariq])
    SyncPoint.objects.get().hold("Backend first", by=sam)

    taken, text = as_json(signed_in(lena), incident), read(as_text(signed_in(lena), incident))

    (handover,) = taken["handovers"]
    asked = program(lena).get(f"/incidents/1/roles/{worn.pk}/handover/").json()
    assert handover == {name: asked[name] for name in asked if name != "briefing"} | {
        "name": "Tariq Haddad",
        "to_name": "Sam Okafor",
    }
    assert taken["sync_points"] == program(lena).get("/incidents/1/sync-points/").json()["results"] != []
    assert "### Lead: Tariq Haddad to Sam Okafor, acknowledged" in text
    assert "Situation:\n\n```text\nThe *roll-back* runs.\n```\n" in text
    assert "held: Order the changes (tariq@acme.test)\n  - For: Who goes first\n  - Backend first\n" in text


def test_words_that_were_deleted_are_in_no_copy(lena, tariq, incident, signed_in):
    incident.messages.get().delete_text(by=tariq)

    for extension in ("json", "md"):
        assert "replica" not in read(signed_in(lena).get(url_of(incident, f"export.{extension}")))


def test_a_long_incident_comes_in_stretches_and_loses_nothing(lena, incident, signed_in, monkeypatch):
    monkeypatch.setattr("incidents.exports.contents.STRETCH", 7)
    for number in range(30):
        post_message(incident, str(number), by=lena)

    taken = as_json(signed_in(lena), incident)

    assert [entry["number"] for entry in taken["timeline"]] == list(range(1, taken["entry"] + 1))


def test_what_happens_meanwhile_is_not_in_it(lena, incident, signed_in):
    response = signed_in(lena).get(url_of(incident, "export.json"))
    post_message(incident, "Too late", by=lena)

    taken = json.loads(read(response))

    assert taken["timeline"][-1]["number"] == taken["entry"]
    assert "Too late" not in json.dumps(taken)


def test_a_copy_costs_the_same_for_one_message_and_many(lena, incident, signed_in):
    browser = signed_in(lena)
    browser.get(url_of(incident))
    few = queries_of(lambda: read(browser.get(url_of(incident, "export.md"))))
    for number in range(20):
        post_message(incident, str(number), by=lena).put_on_record(by=lena)

    assert queries_of(lambda: read(browser.get(url_of(incident, "export.md")))) == few


# --- Markdown ---------------------------------------------------------------------------------------


def tokens_of(markdown):
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)


def structure_of(markdown):
    """Headings, and whatever else in the document is more than text."""
    flat = [inner for token in tokens_of(markdown) for inner in (token, *(token.children or ()))]
    return [
        token.type for token in flat if token.type not in ("text", "paragraph_open", "paragraph_close", "softbreak")
    ]


def test_markdown_reads_as_a_document(lena, tariq, incident, signed_in):
    response = signed_in(lena).get(url_of(incident, "export.md"))

    text = read(response)

    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="INC-1.md"'
    assert text.startswith("# INC-1 Card payments time out\n\nA copy of the record as of entry ")
    assert re.search(r"- lead: Lena Fischer, from [-\d: ]+ until [-\d: ]+\n", text)
    assert "Business impact:\n\n```text\nOrders wait.\n```\n" in text
    assert "Provider status: https://status.example/ (not authoritative)" in text
    assert "  ```text\n  The **replica** lags.\n  ```\n" in text
    assert re.search(r"- \d+: [-\d: ]+\(written down [-\d: ]+\) Mei Tanaka noted: They called\.\n", text)


def test_nothing_that_people_wrote_becomes_structure(lena, tariq, signed_in):
    """The same incident, once in harmless and once in hostile words: the skeleton of the two documents is the same."""
    skeletons = []
    for words in ("Harmless", HOSTILE):
        line = " ".join(words.split())
        incident = declare_incident(lena, line[:200], summary=words)
        StatusUpdate.publish(incident, "technical", {"text": words}, by=tariq)
        Document.add(incident, line[:200], "https://status.example/", by=lena, note=line[:300])
        open_workstream(incident, line[:120], by=lena)
        post_message(incident, words, by=tariq).put_on_record(by=lena)
        TimelineEntry.note(incident, words[:500], by=lena)
        incident.change_status("identified", by=lena, reason=words[:300])
        add_task(incident, line[:200], by=lena)
        raise_finding(incident, words[:300], by=lena, needs=words[:200])
        ask_question(incident, words[:300], by=lena)
        Handover.begin(incident.roles.current().get(role="lead"), tariq, by=lena, situation=words, objectives=words)
        when = timezone.now() + timedelta(minutes=5)
        SyncPoint.call(incident, line[:120], by=lena, starts_at=when, purpose=line[:300])
        incident.sync_points.get().hold(words, by=lena)
        skeletons.append(structure_of(read(signed_in(lena).get(url_of(incident, "export.md")))))

    harmless, hostile = skeletons
    assert hostile == harmless
    assert not {"html_block", "html_inline", "image", "table_open"} & set(hostile)


@pytest.mark.parametrize("line", [*HOSTILE.split("\n"), "1) one", "+ plus", "= equals", "~~~", "$x$", "[a]: https://b"])
def test_a_line_reads_as_it_was_written(line):
    (paragraph,) = [token for token in tokens_of(as_markdown.escaped(line)) if token.type == "inline"] or [None]

    shown = "".join(child.content for child in paragraph.children) if paragraph else ""
    assert shown == " ".join(line.split())


# --- On paper ---------------------------------------------------------------------------------------


def test_the_timeline_to_print_says_what_it_reflects(lena, incident, signed_in):
    page = signed_in(lena).get(url_of(incident, "timeline/print/"))

    words = words_of(page)
    assert f"As of entry {incident.timeline.count()}," in words
    assert "They called." in words


def test_what_was_filtered_says_so_on_paper(lena, incident, signed_in, monkeypatch):
    browser = signed_in(lena)
    monkeypatch.setattr("incidents.views.exports.ON_PAPER", 1)

    filtered = browser.get(url_of(incident, "timeline/print/?person=mei@acme.test"))

    assert "Not all entries: this was filtered." in words_of(filtered)
    assert "&amp;person=mei%40acme.test" in filtered.content.decode() or "&person=mei%40acme.test" in (
        filtered.content.decode()
    )


# --- Who --------------------------------------------------------------------------------------------


def test_programs_take_it_along_too(lena, incident, program, signed_in):
    api = program(lena)

    assert json.loads(read(api.get("/incidents/1/export.json")))["entry"] == incident.timeline.count()
    assert read(api.get("/incidents/1/export.md")).startswith("# INC-1 ")


def test_an_outsider_takes_nothing(lena, omar, incident, signed_in, program):
    declare_incident(lena)
    for path in ("export.md", "export.json", "timeline/print/"):
        assert signed_in(lena).get(url_of(incident, path)).status_code == 200
        assert signed_in(omar).get(url_of(incident, path)).status_code == 404
    assert program(omar).get("/incidents/2/export.json").status_code == 404
