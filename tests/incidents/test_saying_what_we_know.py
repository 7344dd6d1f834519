"""What we know: one version after another, each line with the findings behind it, and loud when it grows old."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from incidents.guards import Facts, gaps_of
from incidents.models import (
    FindingRemark,
    GuardWaiver,
    Incident,
    Obligation,
    RoleAssignment,
    Synthesis,
    SynthesisDelegation,
    SynthesisEditing,
)
from incidents.models.findings import TRANSITIONS, FindingState
from teams.errors import Refused
from teams.models import Membership, TechnicalDomain
from teams.tenancy import acting_in
from tests.factories import declare_incident, open_workstream, raise_finding, say_what_we_know
from tests.incidents.pages import all_at_once

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def at(minutes):
    return NOON + timedelta(minutes=minutes)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def incident(clock, lena):
    return declare_incident(lena, severity="sev2")


def refusal(verb, *args, **kwargs):
    with pytest.raises(Refused) as refused:
        verb(*args, **kwargs)
    return refused.value


def live(incident, kind="synthesis"):
    return incident.obligations.live().filter(kind=kind).first()


def late_gaps(incident, minutes):
    gaps = gaps_of(Facts.of(incident, now=at(minutes)))
    return [gap for gap in gaps if gap.code == "synthesis_late"]


def test_the_lead_publishes_version_after_version_with_the_findings_behind_each_line(incident, lena, tariq, mei):
    first, second, third = (raise_finding(incident, f"Node {n} is clean", by=tariq) for n in (1, 2, 3))

    entry = Synthesis.publish(
        incident,
        by=lena,
        basis=0,
        known=" Nodes one and two are fine. ",
        doing="Tariq looks at the rest.",
        sources={"known": [first, second], "": [third]},
    )
    one = incident.syntheses.current()
    later = Synthesis.publish(incident, by=lena, basis=1, known="All nodes are fine.", sources={"known": [first]})
    two = incident.syntheses.current()

    assert (entry.kind, entry.details["version"], entry.details["findings"]) == ("synthesis_published", 1, [1, 2, 3])
    assert "Nodes one" not in str(entry.details)
    assert (one.known, one.ask, one.published_by, one.entry) == ("Nodes one and two are fine.", "", lena, entry)
    assert list(one.findings_behind("known")) == [first, second, third]
    assert list(one.findings_behind("doing")) == [third]
    assert list(one.findings_behind()) == [first, second, third]
    assert (later.details["version"], two.version, list(two.findings_behind("known"))) == (2, 2, [first])
    assert two.changes_since(one) == [
        {"field": "known", "before": "Nodes one and two are fine.", "after": "All nodes are fine."},
        {"field": "doing", "before": "Tariq looks at the rest.", "after": ""},
    ]
    # Standing behind a line is being heard.
    states = list(incident.findings.in_order().values_list("state", flat=True))
    assert (states, live(incident, "finding")) == (["synthesised"] * 3, None)


def test_what_is_not_fit_to_be_published_is_refused(incident, lena, tariq, stan):
    Synthesis.publish(incident, by=lena, known="Paying fails.", key="once")
    fallen = raise_finding(incident, "Only the canary", by=tariq)
    fallen.set_aside(reason="Wrong node", by=lena)
    elsewhere = raise_finding(declare_incident(lena), by=tariq)

    refused = {
        "incomplete": refusal(Synthesis.publish, incident, by=lena, known=" "),
        "responders_only": refusal(Synthesis.publish, incident, by=stan, known="It is slow."),
        "unchanged": refusal(Synthesis.publish, incident, by=lena, known="Paying fails."),
        "finding_fallen": refusal(Synthesis.publish, incident, by=lena, known="X", sources={"known": [fallen]}),
        "unknown_finding": refusal(Synthesis.publish, incident, by=lena, known="X", sources={"known": [elsewhere]}),
    }
    long = refusal(Synthesis.publish, incident, by=lena, known="Known", ask="x" * 601)

    assert {code: each.code for code, each in refused.items()} == {code: code for code in refused}
    assert long.sentence == "Ask: at most 600 characters; this has 601."
    # The same key is the same version.
    again = Synthesis.publish(incident, by=lena, known="Paying fails.", key="once")
    assert (again.details["version"], incident.syntheses.count()) == (1, 1)
    incident.resolve(by=lena)
    say_what_we_know(incident, "It is over.", by=lena)
    incident.close(by=lena)
    assert refusal(Synthesis.publish, incident, by=lena, known="Late").code == "not_open"


def test_another_basis_is_refused_and_says_what_changed(incident, lena, tariq):
    say_what_we_know(incident, "Paying fails.", by=lena, doing="Tariq looks.")
    say_what_we_know(incident, "Paying fails in Europe.", by=lena, doing="Tariq looks.")

    stale = refusal(Synthesis.publish, incident, by=lena, basis=1, known="Paying is slow.")
    ahead = refusal(Synthesis.publish, incident, by=lena, basis=9, known="Paying is slow.")

    assert (stale.code, stale.waivable, stale.facts) == (
        "stale_basis",
        False,
        {
            "current": 2,
            "changed": [{"field": "known", "before": "Paying fails.", "after": "Paying fails in Europe."}],
        },
    )
    assert stale.sentence.startswith("Lena Fischer published version 2 meanwhile.")
    assert ahead.code == "stale_basis"
    assert Synthesis.publish(incident, by=lena, basis=2, known="Paying is slow.").details["version"] == 3


@pytest.mark.django_db(transaction=True)
def test_of_several_who_publish_on_one_basis_at_the_same_moment_one_does(committed_acme):
    with acting_in(committed_acme):
        lena = Membership.objects.with_people().get(person__email="lena@acme.test")
        number = declare_incident(lena).number
    texts = iter(["Paying fails.", "Paying is slow.", "Nothing fails.", "All is lost."])

    def publish():
        with acting_in(committed_acme):
            try:
                incident = Incident.objects.get(number=number)
                by = Membership.objects.with_people().get(pk=lena.pk)
                Synthesis.publish(incident, by=by, basis=0, known=next(texts))
                return "published"
            except Refused as refused:
                return refused.code

    assert sorted(all_at_once(publish, count=4)) == ["published"] + ["stale_basis"] * 3


def test_what_a_version_said_is_found_with_the_timeline(incident, lena, tariq):
    say_what_we_know(incident, "Paying fails.", by=lena)
    say_what_we_know(incident, "Paying works.", by=lena, ask="Two Marmots")

    found = incident.timeline.visible_to(tariq).saying("marmot")

    assert [entry.details["version"] for entry in found] == [2]
    assert incident.timeline.saying("nothing like it").count() == 0


def test_only_the_lead_says_what_is_known_unless_they_named_somebody(incident, lena, tariq, mei, stan, clock):
    finding = raise_finding(incident, by=mei)
    refused = refusal(Synthesis.publish, incident, by=tariq, known="Paying fails.")
    waived = Synthesis.publish(incident, by=tariq, known="Paying fails.", waiver="Lena is on the phone")
    assert (refused.code, refused.waivable) == ("coordination_right", True)
    assert waived.details["waiver"] == "Lena is on the phone"

    assert refusal(SynthesisDelegation.give, incident, tariq, minutes=30, by=mei).code == "coordination_right"
    assert refusal(SynthesisDelegation.give, incident, stan, minutes=30, by=lena).code == "responders_only"
    assert refusal(SynthesisDelegation.give, incident, tariq, minutes=0, by=lena).code == "delegation_length"
    given = SynthesisDelegation.give(incident, tariq, minutes=30, by=lena)
    assert (given.kind, given.details["member"]) == ("synthesis_delegated", tariq.pk)
    assert Synthesis.publish(incident, by=tariq, known="Paying is slow.").details["version"] == 2
    assert finding.acknowledge(by=tariq).kind == "finding_acknowledged"

    clock.move_to(at(30))
    assert refusal(Synthesis.publish, incident, by=tariq, known="Paying fails again.").code == "coordination_right"
    # The next one takes the place of the one before, and may be given back.
    for delegate in (tariq, mei):
        SynthesisDelegation.give(incident, delegate, minutes=30, by=lena)
    own = incident.synthesis_delegations.in_force(at(30)).get()
    assert own.delegate == mei
    own.end(by=mei)
    assert refusal(own.end, by=mei).code == "unchanged"
    assert refusal(Synthesis.publish, incident, by=mei, known="Paying fails again.").code == "coordination_right"


def test_without_a_lead_every_responder_may_say_it(incident, lena, tariq):
    incident.roles.current().with_people().get().stand_down(by=lena)

    assert say_what_we_know(incident, by=tariq).published_by == tariq


def test_it_is_late_after_twenty_minutes_once_more_was_found(incident, lena, tariq, clock):
    say_what_we_know(incident, by=lena)
    clock.move_to(at(8))
    raise_finding(incident, "Node 2 is clean", by=tariq)

    assert (live(incident).due_at, late_gaps(incident, 19)) == (at(20), [])
    (gap,) = late_gaps(incident, 20)
    assert (gap.owner_role, gap.place, gap.waivable) == ("lead", "synthesis/new/", True)

    # The reminder comes when there was time to hear it, then to deputies, then to the administrators.
    hat = RoleAssignment.take(incident, "technical_coordinator", by=tariq, domain=TechnicalDomain.objects.first())
    assert hat.kind == "role_taken"
    walk = [live(incident).advance(at(minute)) for minute in (24, 25, 30, 40)]
    assert walk[0] is None
    assert [(each.kind, each.details["told"], each.details.get("told_members", [])) for each in walk[1:]] == [
        ("synthesis_waits", ["lead"], []),
        ("synthesis_waits", ["lead"], [tariq.pk]),
        ("synthesis_waits", ["lead", "administrators"], [tariq.pk]),
    ]
    assert walk[1].details["findings"] == [1]
    # A deputy to whom it has climbed may act without a reason.
    clock.move_to(at(40))
    Synthesis.publish(incident, by=tariq, known="Two nodes are clean.")
    assert (live(incident), late_gaps(incident, 41)) == (None, [])


def test_what_makes_it_late_and_what_does_not(incident, lena, tariq, clock):
    hidden = open_workstream(incident, "Insider", by=lena, restricted=True)
    raise_finding(incident, "It was copied on Monday", by=lena, workstream=hidden)
    assert live(incident) is None

    first = raise_finding(incident, by=tariq)
    assert live(incident).due_at == at(20)
    first.set_aside(reason="Wrong node", by=lena)
    assert live(incident) is None

    # A finding that came while the lead was writing is newer than what they wrote.
    raise_finding(incident, "Node 2 is clean", by=tariq)
    say_what_we_know(incident, by=lena, upto=2)
    assert live(incident).due_at == at(20)
    say_what_we_know(incident, "Two nodes are clean.", by=lena)
    assert live(incident) is None
    clock.move_to(at(50))
    last = raise_finding(incident, "Node 3 is clean", by=tariq)
    (gap,) = late_gaps(incident, 50)
    GuardWaiver.grant(incident, gap.code, gap.subject, reason="The lead is in the data centre", by=lena)
    assert late_gaps(incident, 51) == []

    incident.resolve(by=lena)
    assert live(incident) is None
    clock.move_to(at(60))
    incident.reopen(by=lena)
    assert live(incident) is not None
    last.acknowledge(by=lena)
    assert live(incident) is not None


def test_a_pasted_finding_is_flagged_and_not_refused(incident, lena, tariq):
    words = "The connection pool of the ledger is exhausted since the release of five point one"
    finding = raise_finding(incident, words, by=tariq)
    hidden = open_workstream(incident, "Insider", by=lena, restricted=True)
    secret = "Somebody from the inside copied the table with the names of customers on Monday"
    raise_finding(incident, secret, by=lena, workstream=hidden)

    entry = Synthesis.publish(incident, by=lena, known=f"{words}!", unknown=secret, doing="The ledger is exhausted")

    assert incident.syntheses.current().near_copies == {"known": finding.pk}
    assert entry.details["near_copies"] == ["known"]
    own = say_what_we_know(incident, "Payments wait for a free connection; the release is suspected.", by=lena)
    assert own.near_copies == {}


def test_who_writes_is_shown_to_the_others_and_lapses(incident, lena, tariq, stan, clock):
    SynthesisDelegation.give(incident, tariq, minutes=60, by=lena)

    assert SynthesisEditing.claim(incident, by=lena).editor == lena
    clock.move_to(at(1))
    assert SynthesisEditing.claim(incident, by=tariq).editor == lena
    taken = SynthesisEditing.claim(incident, by=tariq, take_over=True)
    assert (taken.editor, taken.since) == (tariq, at(1))
    clock.move_to(at(2))
    assert SynthesisEditing.claim(incident, by=tariq).since == at(1)
    clock.move_to(at(5))
    assert SynthesisEditing.of(incident, at(5)) is None
    assert SynthesisEditing.claim(incident, by=lena).editor == lena
    # Advice only: whoever writes does not keep others from publishing.
    say_what_we_know(incident, by=tariq)
    say_what_we_know(incident, "Paying is slow.", by=lena)
    assert SynthesisEditing.of(incident, at(5)) is None
    assert refusal(SynthesisEditing.claim, incident, by=stan).code == "responders_only"


def test_a_challenged_finding_goes_back_to_its_author_and_shakes_what_rests_on_it(incident, lena, tariq, mei, clock):
    finding = raise_finding(incident, by=tariq)
    version = say_what_we_know(incident, by=lena, sources={"known": [finding]})
    assert refusal(finding.challenge, "No", by=tariq).code == "own_finding"
    assert refusal(finding.challenge, " ", by=mei).code == "reason_required"

    entry = finding.challenge("The canary has no traffic", by=mei)

    finding.refresh_from_db()
    assert (finding.state, list(version.shaken())) == ("challenged", [finding])
    assert (entry.kind, entry.details["told_members"]) == ("finding_challenged", [tariq.pk])
    assert "canary has no traffic" not in str(entry.details)
    assert list(incident.timeline.saying("has no traffic")) == [entry]
    assert refusal(finding.acknowledge, by=lena).code == "finding_state"
    # Its author owes a word: they are reminded, then the lead hears.
    walk = [live(incident, "reply").advance(at(minute)) for minute in (5, 10)]
    assert [(each.details.get("told"), each.details["told_members"]) for each in walk] == [
        (None, [tariq.pk]),
        (["lead"], [tariq.pk]),
    ]
    assert all(each.details["for_author"] for each in walk)

    assert refusal(finding.reply, "It has", by=mei).code == "author_only"
    reply = finding.reply("It has a tenth of it since noon", by=tariq)
    assert (reply.kind, reply.details["told_members"], finding.state) == ("finding_replied", [mei.pk], "raised")
    assert (live(incident, "reply"), live(incident, "finding").due_at) == (None, at(5))
    assert list(FindingRemark.objects.order_by("pk").values_list("kind", "made_by")) == [
        ("challenged", mei.pk),
        ("reply", tariq.pk),
    ]
    # Heard again, it stands behind its line as before.
    finding.acknowledge(by=lena)
    assert (finding.state, list(version.shaken())) == ("synthesised", [])


def test_a_corrected_finding_is_replaced_and_what_used_it_is_marked(incident, lena, tariq, sam):
    finding = raise_finding(incident, by=tariq, confidence="high")
    version = say_what_we_know(incident, by=lena, sources={"known": [finding]})

    entry = finding.correct("5.1 fails on node 2.", by=tariq, reason="I looked at node 1 only", key="once")

    finding.refresh_from_db()
    new = incident.findings.get(number=2)
    assert (finding.state, finding.corrected_by, new.corrects, new.state) == ("corrected", new, finding, "raised")
    assert new.confidence == "high"
    assert (entry.kind, entry.details["corrects"], entry.details["version"]) == ("finding_corrected", 1, 1)
    assert entry.details["told_members"] == sorted([tariq.pk, lena.pk])
    assert list(version.shaken()) == [finding]
    assert live(incident) is not None
    # Twice is once; nothing more is done to what was corrected; the next version names the new one.
    assert finding.correct("5.1 fails on node 2.", by=tariq, key="once").pk == entry.pk
    assert refusal(finding.correct, "Again", by=tariq).code == "unchanged"
    assert refusal(finding.set_aside, reason="Old", by=lena).code == "finding_state"
    assert refusal(new.correct, "All fine", by=sam).code == "author_only"
    fallen = refusal(Synthesis.publish, incident, by=lena, known="X", sources={"known": [finding]})
    assert (fallen.sentence, fallen.facts) == ("F1 was corrected: name F2 instead.", {"finding": 1})
    assert list(say_what_we_know(incident, "X", by=lena, sources={"known": [new]}).shaken()) == []


def test_the_lead_asks_for_more(incident, lena, tariq, mei, clock):
    finding = raise_finding(incident, by=tariq)
    assert refusal(finding.ask_for_more, "Which node?", by=mei).code == "coordination_right"
    assert refusal(finding.ask_for_more, "", by=lena).code == "reason_required"

    asked = finding.ask_for_more("Which node?", by=lena)

    assert (asked.kind, asked.details["told_members"], finding.state) == (
        "finding_more_asked",
        [tariq.pk],
        "more_asked",
    )
    assert (live(incident, "finding"), live(incident, "reply").owner) == (None, tariq)
    assert refusal(finding.ask_for_more, "Which?", by=lena).code == "unchanged"
    finding.reply("Node 2", by=tariq)
    assert refusal(finding.reply, "Node 2", by=tariq).code == "unchanged"
    # What waits for its author waits on after the incident was reopened.
    finding.ask_for_more("And node 3?", by=lena)
    incident.resolve(by=lena)
    assert live(incident, "reply") is None
    clock.move_to(at(30))
    incident.reopen(by=lena)
    assert live(incident, "reply").owner == tariq


def test_an_unheard_finding_climbs_to_a_deputy_who_may_then_hear_it(incident, lena, tariq, mei, sam, clock):
    backend = TechnicalDomain.objects.get(slug="backend")
    RoleAssignment.take(incident, "technical_coordinator", by=tariq, domain=backend)
    finding = raise_finding(incident, by=sam)
    assert refusal(finding.acknowledge, by=tariq).code == "coordination_right"

    walk = [live(incident, "finding").advance(at(minute)) for minute in (5, 10)]

    assert [each.details.get("told_members") for each in walk] == [None, [tariq.pk]]
    clock.move_to(at(10))
    assert refusal(finding.acknowledge, by=mei).code == "coordination_right"
    assert finding.acknowledge(by=tariq).details["finding"] == finding.pk
    # Who raised it is no deputy for it: then whoever is on call for the lead's function is.
    RoleAssignment.objects.with_people().get(role="technical_coordinator").stand_down(by=tariq)
    other = raise_finding(incident, "Node 2 is clean", by=sam)
    climbed = [Obligation.objects.live().get(kind="finding").advance(at(minute)) for minute in (15, 20)]
    assert climbed[1].details["told_members"] == [tariq.pk]
    assert other.state == "raised"
    # A deputy hears no finding of their own.
    RoleAssignment.take(incident, "technical_coordinator", by=sam, domain=backend)
    clock.move_to(at(20))
    assert refusal(other.acknowledge, by=sam).code == "coordination_right"


def test_whoever_knows_better_challenges_a_version(incident, lena, tariq, stan):
    first = say_what_we_know(incident, by=lena)
    assert refusal(first.challenge, "", by=tariq).code == "reason_required"
    assert refusal(first.challenge, "No", by=stan).code == "responders_only"

    entry = first.challenge("It is not only Europe", by=tariq)

    assert (entry.kind, entry.details["told_members"]) == ("synthesis_challenged", [lena.pk])
    assert (first.challenged_by, first.challenge_reason) == (tariq, "It is not only Europe")
    assert refusal(first.challenge, "Still", by=tariq).code == "unchanged"
    say_what_we_know(incident, "Paying by card fails everywhere.", by=lena)
    assert refusal(first.challenge, "Still", by=tariq).code == "stale_basis"


def test_the_states_of_a_finding_are_one_table():
    assert set(TRANSITIONS) == set(FindingState)
    reached = set().union(*TRANSITIONS.values())
    assert reached == set(FindingState)
    assert TRANSITIONS[FindingState.CORRECTED] == set()
