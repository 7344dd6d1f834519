"""Who hears what: the table, over situations made by hand."""

from dataclasses import replace

import pytest

from incidents import kinds
from notifications.recipients import BRIEFING, ROOM, UPDATE, Group, Listener, Rule, Situation, who_hears

LENA, TARIQ, MEI, SAM, RUTH, ADA, STAN = range(1, 8)
ENGINEERING, SUPPORT, COMMUNICATIONS, FINANCE = range(11, 15)
LEADERSHIP, STAKEHOLDERS = 21, 22
CHECKOUT, SEARCH = 31, 32
PAYMENT = 41

MEMBERS = {
    LENA: Listener(LENA, "Lena", "lena@acme.test", "+4901", administrator=True),
    TARIQ: Listener(TARIQ, "Tariq", "tariq@acme.test", "+4902"),
    MEI: Listener(MEI, "Mei", "mei@acme.test", "+4903"),
    SAM: Listener(SAM, "Sam", "sam@acme.test", "+4904"),
    RUTH: Listener(RUTH, "Ruth", "ruth@acme.test", "+4905"),
    ADA: Listener(ADA, "Ada", "ada@acme.test", "+4906", administrator=True),
    STAN: Listener(STAN, "Stan", "stan@acme.test", stakeholder=True),
}
PAGE = Rule("SEV1 and SEV2 page engineering", "declared", by_sms=True, rank=2, function_id=ENGINEERING)
TELL = Rule("Every incident tells engineering", "declared", function_id=ENGINEERING)
BRIEF = Rule("SEV1 tells leadership", "declared", rank=1, group_id=LEADERSHIP)
QUIET = Situation(
    kind="declared",
    members=MEMBERS,
    functions={
        "engineering": (ENGINEERING, "Engineering"),
        "support": (SUPPORT, "Support"),
        "communications": (COMMUNICATIONS, "Communications"),
        "finance": (FINANCE, "Finance"),
    },
    on_call={ENGINEERING: TARIQ, SUPPORT: SAM, COMMUNICATIONS: MEI},
    groups={
        LEADERSHIP: Group("Leadership", "leadership", frozenset({RUTH})),
        STAKEHOLDERS: Group("Stakeholders", "customers", frozenset({STAN})),
    },
    rules=(PAGE, TELL, BRIEF),
)


def told(situation):
    """`{(name, channel), …}` of everybody who really gets something."""
    return {(each.listener.name, str(each.channel)) for each in who_hears(situation) if not each.skipped}


def reasons(situation):
    return {(each.listener.name, str(each.channel)): each.rule for each in who_hears(situation)}


BY_BOTH = {("Tariq", "email"), ("Tariq", "sms")}


@pytest.mark.parametrize(
    ("rank", "expected"),
    [
        (1, BY_BOTH | {("Ruth", "email")}),
        (2, BY_BOTH),
        (3, {("Tariq", "email")}),
        (4, {("Tariq", "email")}),
    ],
)
def test_a_declaration_reaches_whom_its_severity_calls_for(rank, expected):
    assert told(replace(QUIET, rank=rank)) == expected


def test_the_first_rule_that_names_somebody_is_on_record():
    assert reasons(replace(QUIET, rank=1)) == {
        ("Tariq", "email"): "SEV1 and SEV2 page engineering: on call for Engineering",
        ("Tariq", "sms"): "SEV1 and SEV2 page engineering: on call for Engineering",
        ("Ruth", "email"): "SEV1 tells leadership: Leadership",
    }


@pytest.mark.parametrize(
    ("condition", "incident", "applies"),
    [
        ({"service_ids": frozenset({CHECKOUT})}, {"service_ids": frozenset({CHECKOUT, SEARCH})}, True),
        ({"service_ids": frozenset({CHECKOUT})}, {"service_ids": frozenset({SEARCH})}, False),
        ({"service_ids": frozenset({CHECKOUT})}, {}, False),
        ({"type_id": PAYMENT}, {"type_id": PAYMENT}, True),
        ({"type_id": PAYMENT}, {"type_id": None}, False),
        ({"rank": 2}, {"rank": 2}, True),
        ({"rank": 2}, {"rank": 3}, False),
        ({}, {}, True),
    ],
)
def test_a_rule_applies_when_all_its_conditions_hold(condition, incident, applies):
    rule = Rule("A rule", "declared", function_id=SUPPORT, **condition)

    assert told(replace(QUIET, rules=(rule,), **incident)) == ({("Sam", "email")} if applies else set())


def test_leadership_reads_a_briefing_and_the_room_reads_the_room():
    readers = {each.listener.name: each.reader for each in who_hears(replace(QUIET, rank=1))}

    assert readers == {"Tariq": ROOM, "Ruth": BRIEFING}


def test_a_stakeholder_reads_a_briefing_whatever_rule_named_them():
    rule = Rule("Everybody on it", "declared", participants=True)

    (hearing,) = who_hears(replace(QUIET, rules=(rule,), participants=frozenset({STAN})))

    assert (hearing.listener.name, hearing.reader) == ("Stan", BRIEFING)


def test_nobody_on_call_means_administrators_and_the_rule_says_so():
    situation = replace(QUIET, kind="function_requested", details={"function": "finance", "rule": "Type Payments"})

    assert reasons(situation) == {
        (name, "email"): "Type Payments: nobody is on call for Finance, so administrators" for name in ("Lena", "Ada")
    }


def test_somebody_on_call_who_has_left_counts_as_nobody():
    members = {key: member for key, member in MEMBERS.items() if key != SAM}
    situation = replace(QUIET, kind="function_requested", details={"function": "support"}, members=members)

    assert told(situation) == {("Lena", "email"), ("Ada", "email")}


def test_a_needed_function_is_paged_when_it_is_bad():
    situation = replace(QUIET, kind="function_requested", details={"function": "support"})

    assert told(situation) == {("Sam", "email")}
    assert told(replace(situation, rank=2)) == {("Sam", "email"), ("Sam", "sms")}


def test_whoever_the_declaration_woke_is_not_woken_again_for_the_same():
    situation = replace(QUIET, kind="function_requested", rank=1, details={"function": "engineering"})

    assert told(situation) == BY_BOTH
    at_once = replace(situation, with_declaration=True)
    assert told(at_once) == set()
    assert {each.skipped for each in who_hears(at_once)} == {"Told of the declaration at the same moment."}


def test_a_function_the_declaration_did_not_wake_is_woken():
    situation = replace(
        QUIET, kind="function_requested", rank=1, details={"function": "support"}, with_declaration=True
    )

    assert told(situation) == {("Sam", "email"), ("Sam", "sms")}


def test_nobody_is_told_of_their_own_act():
    assert told(replace(QUIET, rank=1, actor=TARIQ)) == {("Ruth", "email")}


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        ("leadership", {("Ruth", "email"), ("Lena", "email")}),
        ("customers", {("Stan", "email"), ("Lena", "email")}),
        ("coordination", {("Lena", "email"), ("Tariq", "email"), ("Sam", "email")}),
        ("technical", {("Lena", "email")}),
    ],
)
def test_an_update_reaches_its_audience_and_who_holds_a_role(audience, expected):
    coordination = Rule("Everybody on it", "update_published", audience="coordination", participants=True)
    situation = replace(
        QUIET,
        kind="update_published",
        details={"audience": audience},
        actor=MEI,
        holders={"lead": LENA, "communications_lead": MEI},
        participants=frozenset({LENA, MEI, TARIQ, SAM}),
        rules=(coordination,),
    )

    assert told(situation) == expected
    assert {each.reader for each in who_hears(situation)} == {UPDATE}


@pytest.mark.parametrize("kind", ["role_taken", "role_handed_over"])
def test_whoever_gets_a_role_is_told_unless_they_took_it(kind):
    situation = replace(QUIET, kind=kind, details={"role": "lead", "member": TARIQ}, actor=LENA)

    assert told(situation) == {("Tariq", "email")}
    assert told(replace(situation, actor=TARIQ)) == set()


@pytest.mark.parametrize(
    ("holders", "roles", "expected"),
    [
        ({"communications_lead": MEI}, ["communications_lead"], {"Mei"}),
        ({"lead": LENA}, ["communications_lead"], {"Lena"}),
        ({}, ["communications_lead"], {"Lena", "Ada"}),
        ({"lead": TARIQ}, ["lead"], {"Tariq"}),
        ({}, ["lead"], {"Lena", "Ada"}),
        ({"communications_lead": MEI, "lead": TARIQ}, ["communications_lead", "lead"], {"Mei", "Tariq"}),
        ({"lead": TARIQ}, ["lead", "communications_lead", "administrators"], {"Tariq", "Lena", "Ada"}),
    ],
)
def test_a_reminder_reaches_the_role_or_whoever_comes_next(holders, roles, expected):
    situation = replace(QUIET, kind="clock_due", details={"told": roles}, holders=holders)

    assert {name for name, _ in told(situation)} == expected


def test_a_passed_on_reminder_says_why():
    situation = replace(QUIET, kind="clock_due", details={"told": ["communications_lead"]}, holders={"lead": TARIQ})

    assert reasons(situation) == {
        ("Tariq", "email"): "Reminder to incident lead, because nobody is communications lead"
    }


def test_a_warning_is_mail_and_a_missed_update_rings():
    situation = replace(QUIET, kind="clock_warned", rank=1, details={"told": ["lead"]}, holders={"lead": TARIQ})

    assert told(situation) == {("Tariq", "email")}
    assert told(replace(situation, kind="clock_overdue")) == BY_BOTH


def test_a_collision_reaches_both_owners_and_whoever_says_which_goes_first():
    situation = replace(QUIET, kind="changes_collided", details={"told_members": [TARIQ, SAM]}, holders={"lead": LENA})

    assert told(situation) == {("Tariq", "email"), ("Sam", "email"), ("Lena", "email")}
    assert {name for name, _ in told(replace(situation, holders={}))} == {"Tariq", "Sam", "Lena", "Ada"}
    assert told(replace(situation, kind="changes_arranged")) == {("Tariq", "email"), ("Sam", "email")}


def test_whose_change_waits_no_longer_is_called_where_the_lead_has_let_it_go():
    situation = replace(QUIET, kind="change_cleared", details={"told_members": [TARIQ]}, rank=1)

    assert told(situation) == {("Tariq", "email")}
    assert told(replace(situation, details={"told_members": [TARIQ], "released": True})) == BY_BOTH


@pytest.mark.parametrize("kind", ["change_released", "change_ended", "change_withdrawn"])
def test_who_may_begin_now_is_called_as_the_severity_asks(kind):
    situation = replace(QUIET, kind=kind, details={"told_members": [TARIQ]}, rank=1)

    assert told(situation) == BY_BOTH
    assert told(replace(situation, rank=3)) == {("Tariq", "email")}
    assert told(replace(situation, details={})) == set()


def test_a_change_past_its_time_reaches_its_owner_and_then_the_lead():
    due = replace(QUIET, kind="change_due", details={"told_members": [TARIQ]}, holders={"lead": LENA})

    assert told(due) == {("Tariq", "email")}
    lapsed = replace(due, kind="change_lapsed", details={"told_members": [TARIQ], "told": ["lead"]})
    assert told(lapsed) == {("Tariq", "email"), ("Lena", "email")}


@pytest.mark.parametrize("kind", ["resolved", "reopened", "declined", "merged"])
def test_whoever_heard_the_beginning_hears_the_end(kind):
    situation = replace(
        QUIET, kind=kind, told=frozenset({(TARIQ, "sms"), (RUTH, "email")}), participants=frozenset({SAM})
    )

    assert told(situation) == {("Tariq", "sms"), ("Ruth", "email"), ("Sam", "email")}


def test_a_drill_never_leaves_its_roster():
    situation = replace(QUIET, rank=1, drill=True, participants=frozenset({TARIQ}))

    assert told(replace(situation, drill=False)) == BY_BOTH | {("Ruth", "email")}
    assert told(situation) == BY_BOTH
    assert told(replace(situation, participants=frozenset())) == set()


def test_nobody_on_call_in_a_drill_does_not_wake_the_administrators():
    situation = replace(QUIET, kind="function_requested", details={"function": "finance"}, drill=True)

    assert told(situation) == set()


def test_a_private_incident_is_told_to_who_is_on_it_and_who_is_called():
    situation = replace(QUIET, rank=1, private=True)

    assert told(situation) == BY_BOTH, "Ruth is in an audience group, which is not being called"
    ended = replace(situation, kind="resolved", told=frozenset({(RUTH, "email"), (TARIQ, "sms")}))
    assert told(ended) == set()
    assert told(replace(ended, called=frozenset({TARIQ}), participants=frozenset({MEI}))) == {
        ("Tariq", "sms"),
        ("Mei", "email"),
    }


def test_somebody_without_a_number_is_on_record_as_not_told():
    rule = Rule("Everybody on it", "declared", by_sms=True, participants=True)

    hearings = who_hears(replace(QUIET, rules=(rule,), participants=frozenset({STAN})))

    assert {(str(each.channel), each.skipped) for each in hearings} == {
        ("email", ""),
        ("sms", "No telephone number is known."),
    }


def test_an_entry_nobody_routes_reaches_nobody():
    assert told(replace(QUIET, kind=kinds.ASSESSED.name)) == set()


def test_a_reminder_reaches_who_owes_it_by_name_and_a_late_chain():
    situation = replace(QUIET, kind="clock_overdue", details={"told_members": [SAM], "told": ["lead"]})

    assert told(replace(situation, holders={"lead": TARIQ})) == {("Sam", "email"), ("Tariq", "email")}
    assert told(replace(situation, details={"told_members": [SAM]})) == {("Sam", "email")}
    assert reasons(situation)["Sam", "email"] == "Reminder to who owes it"


@pytest.mark.parametrize(
    ("holders", "expected"),
    [
        ({"lead": LENA, "communications_lead": MEI}, {"Lena"}),
        ({"communications_lead": MEI}, {"Lena", "Ada"}),
    ],
)
def test_a_finding_reaches_the_lead_or_the_administrators(holders, expected):
    situation = replace(QUIET, kind="finding_raised", details={"number": 1}, actor=TARIQ, holders=holders)

    assert {name for name, _ in told(situation)} == expected


def test_a_finding_rings_only_where_it_asks_for_action():
    situation = replace(QUIET, kind="finding_raised", rank=1, actor=MEI, holders={"lead": TARIQ})

    assert told(situation) == {("Tariq", "email")}
    assert told(replace(situation, details={"needs_action": True})) == BY_BOTH


def test_what_becomes_of_a_finding_reaches_its_author_and_who_relied_on_it():
    hats = {"lead": LENA}
    back = replace(QUIET, rank=1, details={"told_members": [TARIQ]}, actor=MEI, holders=hats)
    for kind in ("finding_more_asked", "finding_challenged"):
        assert reasons(replace(back, kind=kind)) == {("Tariq", "email"): "Raised the finding"}
    for kind in ("finding_replied", "finding_corrected"):
        situation = replace(QUIET, kind=kind, details={"told_members": [MEI]}, actor=TARIQ, holders=hats)
        assert told(situation) == {("Lena", "email"), ("Mei", "email")}


def test_what_we_know_reaches_those_who_pass_it_on_and_the_lead():
    hats = {"lead": LENA, "communications_lead": MEI, "support_liaison": SAM}
    published = replace(QUIET, kind="synthesis_published", rank=1, actor=LENA, holders=hats)

    assert told(published) == {("Mei", "email"), ("Sam", "email")}
    assert told(replace(published, actor=TARIQ)) == {("Lena", "email"), ("Mei", "email"), ("Sam", "email")}
    assert told(replace(published, holders={})) == set()
    challenged = replace(published, kind="synthesis_challenged", actor=MEI, details={"told_members": [TARIQ]})
    assert told(challenged) == {("Lena", "email"), ("Tariq", "email")}
    given = replace(published, kind="synthesis_delegated", details={"member": TARIQ})
    assert reasons(given) == {("Tariq", "email"): "You say what we know for a while"}
    ended = replace(published, kind="synthesis_delegation_ended", actor=TARIQ, details={"told_members": [LENA, TARIQ]})
    assert told(ended) == {("Lena", "email")}
    # Late and escalated, it pages as any reminder does.
    waits = replace(published, kind="synthesis_waits", actor=None, details={"told": ["lead"], "told_members": [TARIQ]})
    assert told(waits) == {("Lena", "email"), ("Lena", "sms")} | BY_BOTH


@pytest.mark.parametrize("kind", ["task_added", "task_given"])
def test_whoever_gets_a_task_is_told_unless_they_took_it(kind):
    situation = replace(QUIET, kind=kind, details={"owner": TARIQ}, actor=LENA)

    assert told(situation) == {("Tariq", "email")}
    assert told(replace(situation, actor=TARIQ)) == set()
    assert told(replace(situation, details={})) == set()


def test_a_due_task_reaches_its_owner_and_a_late_one_the_lead():
    due = replace(QUIET, kind="task_due", details={"told_members": [SAM]}, holders={"lead": LENA})

    assert reasons(due) == {("Sam", "email"): "Reminder to who owes it"}
    assert told(replace(due, kind="task_overdue", details={"told": ["lead"]})) == {("Lena", "email")}


@pytest.mark.parametrize(
    ("role", "holders", "expected"),
    [
        ("communications_lead", {"communications_lead": MEI, "lead": LENA}, {"Mei"}),
        ("communications_lead", {"lead": LENA}, {"Lena"}),
        ("support_liaison", {"support_liaison": SAM, "communications_lead": MEI}, {"Sam"}),
        ("support_liaison", {"communications_lead": MEI, "lead": LENA}, {"Lena"}),
    ],
)
def test_a_question_reaches_who_answers(role, holders, expected):
    situation = replace(QUIET, kind="question_asked", details={"owner_role": role}, actor=STAN, holders=holders)

    assert {name for name, _ in told(situation)} == expected


@pytest.mark.parametrize("kind", ["question_answered", "question_declined"])
def test_an_answer_reaches_whoever_asked_and_nobody_else(kind):
    situation = replace(QUIET, kind=kind, details={"asker": STAN}, actor=MEI, participants=frozenset({LENA, SAM}))

    assert told(situation) == {("Stan", "email")}
    assert told(replace(situation, private=True)) == set()


def test_a_spike_reaches_who_listens_and_who_leads():
    spike = replace(QUIET, kind="spike_seen", rank=1, holders={"support_liaison": SAM, "lead": TARIQ})

    assert told(spike) == {("Sam", "email"), ("Tariq", "email")}
    assert told(replace(spike, holders={"lead": TARIQ})) == {("Tariq", "email")}


def test_what_agents_say_reaches_everybody_who_answers_customers():
    agents = {key: replace(MEMBERS[key], function_id=SUPPORT) for key in (SAM, STAN, MEI)}
    brief = replace(QUIET, kind="support_brief_written", details={"function": "support"}, actor=MEI)
    brief = replace(brief, members=MEMBERS | agents)

    assert told(brief) == {("Sam", "email"), ("Stan", "email")}
    assert {each.reader for each in who_hears(brief)} == {BRIEFING}
    assert told(replace(brief, private=True, participants=frozenset({STAN}))) == {("Stan", "email")}
    assert told(replace(brief, drill=True)) == set()
    assert told(replace(brief, details={})) == set()


def test_an_answer_reaches_everybody_who_asked_once_and_the_audience_where_it_is_for_all():
    answered = replace(QUIET, kind="question_answered", details={"asker": SAM, "askers": [SAM, STAN]}, actor=MEI)
    to_all = {**answered.details, "to_audience": True, "audience": "customers"}

    assert told(answered) == {("Sam", "email"), ("Stan", "email")}
    assert reasons(replace(answered, details=to_all)) == {
        ("Sam", "email"): "You asked the question",
        ("Stan", "email"): "You asked the question",
    }
    assert told(replace(answered, details={**to_all, "audience": "leadership"})) == told(answered) | {("Ruth", "email")}


def test_an_ask_reaches_one_engineer_and_its_answer_who_asked():
    asked = replace(QUIET, kind="ask_put", details={"member": TARIQ, "ask": 1}, actor=MEI, rank=1)
    waits = replace(asked, kind="ask_waits", details={"told_members": [TARIQ]}, actor=None)

    assert told(asked) == told(waits) == BY_BOTH
    assert told(replace(asked, rank=3)) == {("Tariq", "email")}
    assert told(replace(asked, kind="ask_answered", details={"asker": MEI}, actor=TARIQ)) == {("Mei", "email")}


def test_whoever_is_let_in_is_told():
    assert told(replace(QUIET, kind="exception_granted", details={"member": RUTH}, actor=LENA)) == {("Ruth", "email")}


def test_a_restricted_workstream_is_told_to_its_readers_only():
    silent = replace(QUIET, kind="workstream_silent", details={"told_members": [SAM], "told": ["lead"], "level": 1})

    assert told(replace(silent, holders={"lead": TARIQ})) == {("Sam", "email"), ("Tariq", "email")}
    assert told(replace(silent, holders={"lead": TARIQ}, readers=frozenset({SAM}))) == {("Sam", "email")}


def test_the_owner_of_a_workstream_hears_that_others_wait_for_it():
    situation = replace(QUIET, kind="workstream_blocked", actor=SAM, rank=1, details={"told_members": [TARIQ]})

    assert told(situation) == {("Tariq", "email")}
    assert reasons(situation) == {("Tariq", "email"): "Owns the workstream"}


@pytest.mark.parametrize(("rank", "channels"), [(1, {"email", "sms"}), (3, {"email"})])
def test_the_invited_and_the_recalled_are_paged_when_it_is_bad(rank, channels):
    for kind in ("invitation_sent", "participant_recalled"):
        situation = replace(QUIET, kind=kind, rank=rank, details={"member": SAM}, actor=LENA)
        assert told(situation) == {("Sam", channel) for channel in channels}


def test_an_answer_reaches_whoever_invited():
    situation = replace(QUIET, rank=1, details={"member": SAM, "inviter": MEI}, actor=SAM)

    assert told(replace(situation, kind="invitation_accepted")) == {("Mei", "email")}
    assert told(replace(situation, kind="invitation_declined")) == {("Mei", "email"), ("Mei", "sms")}


def test_without_an_answer_and_anybody_on_call_administrators_hear_too():
    details = {"member": SAM, "inviter": MEI, "to_administrators": True}

    assert told(replace(QUIET, kind="invitation_expired", details=details)) == {
        ("Mei", "email"),
        ("Lena", "email"),
        ("Ada", "email"),
    }


def test_a_manager_who_is_only_told_hears_nothing_of_a_private_incident():
    details = {"member": SAM, "managers": [MEI], "requester": TARIQ}
    taken = replace(QUIET, kind="reinforcement_taken", private=True, actor=TARIQ, details=details)
    asked = replace(taken, kind="reinforcement_asked", details={**details, "answer_by": "2026-03-01T14:30:00+00:00"})

    assert told(taken) == set()
    assert told(asked) == {("Mei", "email")}


def test_the_released_are_thanked_unless_they_left_by_themselves():
    situation = replace(QUIET, kind="participant_left", details={"member": TARIQ}, actor=LENA)

    assert told(situation) == {("Tariq", "email")}
    assert told(replace(situation, actor=TARIQ)) == set()


def test_a_team_that_follows_is_told_once_and_reads_a_briefing():
    situation = replace(QUIET, kind="team_follows", details={"members": [SAM, STAN], "name": "Desk"}, actor=LENA)

    assert told(situation) == {("Sam", "email"), ("Stan", "email")}
    assert {each.reader for each in who_hears(situation)} == {BRIEFING}


@pytest.mark.parametrize(("audience", "hears"), [("technical", False), ("coordination", False), ("customers", True)])
def test_followers_hear_what_is_broadcast(audience, hears):
    situation = replace(
        QUIET, kind="update_published", details={"audience": audience}, actor=MEI, followers=frozenset({SAM})
    )

    assert (("Sam", "email") in told(situation)) is hears


def test_a_stakeholder_who_follows_does_not_hear_the_inner_tiers():
    rule = Rule("Everybody on it", "update_published", audience="coordination", participants=True)
    situation = replace(
        QUIET,
        kind="update_published",
        details={"audience": "coordination"},
        actor=MEI,
        participants=frozenset({SAM, STAN}),
        followers=frozenset({STAN}),
        rules=(rule,),
    )

    assert told(situation) == {("Sam", "email")}


# --- Decisions ----------------------------------------------------------------------------------------


def decision(kind, **details):
    return replace(QUIET, kind=kind, actor=LENA, details={"decision": 4, "decision_class": "coordination", **details})


@pytest.mark.parametrize(
    ("decision_class", "rank", "channels"),
    [
        ("resource", 4, {"email", "sms"}),
        ("resource", 1, {"email", "sms"}),
        ("coordination", 1, {"email", "sms"}),
        ("coordination", 3, {"email"}),
        ("priority", 3, {"email"}),
    ],
)
def test_an_executive_is_paged_and_others_as_the_severity_says(decision_class, rank, channels):
    situation = decision("decision_raised", decision_class=decision_class, told_members=[RUTH])

    assert told(replace(situation, rank=rank)) == {("Ruth", channel) for channel in channels}


@pytest.mark.parametrize(
    ("authority", "rule"),
    [("executive", "Asked to decide: executive"), ("administrators", "Asked to decide: nobody is executive")],
)
def test_the_rule_says_why_somebody_is_asked(authority, rule):
    situation = decision("decision_raised", told_members=[ADA], asked_of="executive", authority=authority)

    assert reasons(situation) == {("Ada", "email"): rule}


def test_a_decision_that_waits_is_mail_first_and_then_it_rings():
    warned = replace(decision("decision_warned", told_members=[RUTH]), rank=1, actor=None)

    assert told(warned) == {("Ruth", "email")}
    for kind in ("decision_due", "decision_escalated"):
        assert told(replace(warned, kind=kind)) == {("Ruth", "email"), ("Ruth", "sms")}


@pytest.mark.parametrize("kind", ["decision_made", "decision_reversed"])
def test_whoever_asked_hears_the_answer_and_whose_right_was_passed_over_is_rung(kind):
    situation = replace(decision(kind, told_members=[TARIQ, RUTH], overruled=[RUTH]), rank=1)

    assert told(situation) == {("Tariq", "email"), ("Ruth", "email"), ("Ruth", "sms")}
    assert reasons(situation)["Ruth", "email"] == "Decided in your place, outside their authority"


def test_a_decision_of_a_drill_stays_on_its_roster():
    situation = decision("decision_raised", decision_class="resource", told_members=[RUTH])

    assert told(replace(situation, drill=True)) == set()
    assert told(replace(situation, drill=True, participants=frozenset({RUTH}))) == {("Ruth", "email"), ("Ruth", "sms")}


# --- Estimates, commitments, what comes back first ---------------------------------------------------------

BOTH = {"email", "sms"}


@pytest.mark.parametrize(
    ("kind", "details", "expected"),
    [
        ("estimate_proposed", {}, {("Lena", "email")}),
        ("estimate_set", {"told_members": [MEI, ADA]}, {("Mei", "email"), ("Ada", "email")}),
        ("commitment_proposed", {"told_members": [TARIQ]}, {("Tariq", "email")}),
        ("commitment_proposed", {}, {("Lena", "email")}),
        ("commitment_confirmed", {"told_members": [ADA]}, {("Ada", "email")}),
        ("commitment_refused", {"told_members": [ADA, MEI]}, {("Ada", "email"), ("Mei", "email")}),
        ("commitment_reopened", {"told_members": [ADA]}, {("Ada", channel) for channel in BOTH}),
        ("commitment_warned", {"told_members": [ADA]}, {("Ada", "email")}),
        (
            "commitment_missed",
            {"told_members": [ADA], "told": ["communications_lead", "lead"]},
            {(name, channel) for name in ("Ada", "Mei", "Lena") for channel in BOTH},
        ),
        ("restoration_order_set", {"told_members": [TARIQ]}, {("Tariq", "email")}),
        ("restoration_order_objected", {"told_members": [ADA]}, {("Ada", "email")}),
        ("event_overlapped", {}, {("Ada", "email")}),
    ],
)
def test_facts_reach_whoever_judges_them_or_passes_them_on(kind, details, expected):
    holders = {"lead": LENA, "communications_lead": MEI, "product": ADA}
    situation = replace(QUIET, kind=kind, rank=1, details=details, holders=holders)

    assert told(situation) == expected
    assert told(replace(situation, drill=True)) == set()


def test_without_product_the_lead_hears_of_an_event():
    assert told(replace(QUIET, kind="event_overlapped", holders={"lead": LENA})) == {("Lena", "email")}


def test_who_waits_in_another_incident_hears_nothing_of_a_private_one():
    situation = replace(QUIET, kind="change_ended", details={"told_members": [SAM]}, rank=3)

    assert told(situation) == {("Sam", "email")}
    assert told(replace(situation, private=True)) == set()
    assert told(replace(situation, private=True, participants=frozenset({SAM}))) == {("Sam", "email")}


# --- Every kind --------------------------------------------------------------------------------------

# Bad enough to page; Tariq leads, Mei speaks for the company, Sam listens to customers and is on it.
BUSY = replace(
    QUIET,
    members=MEMBERS | {SAM: replace(MEMBERS[SAM], function_id=SUPPORT)},
    rank=2,
    holders={"lead": TARIQ, "communications_lead": MEI, "support_liaison": SAM},
    participants=frozenset({SAM}),
    told=frozenset({(RUTH, "email")}),
    had=frozenset({(RUTH, "email")}),
    rules=(PAGE, TELL, Rule("A new severity", "severity_changed", participants=True)),
)
TO_LENA, TO_RUTH = {"told_members": [LENA]}, {"told_members": [RUTH]}
FOR_SAM = {"member": SAM, "requester": MEI, "managers": [LENA]}
# What the entry says → who hears of it; a `!` is paged.
ROWS = {
    "declared": ({}, "Tariq!"),
    "assessed": ({}, ""),
    "assessment_defaulted": ({}, "Tariq!"),
    "severity_changed": ({}, "Sam"),
    "resolved": ({}, "Ruth Sam"),
    "reopened": ({}, "Ruth Sam"),
    "declined": ({}, "Ruth Sam"),
    "merged": ({}, "Ruth Sam"),
    "role_taken": ({"role": "lead", "member": LENA}, "Lena!"),
    "role_handed_over": ({"role": "lead", "member": LENA}, "Lena!"),
    "role_declined": ({"role": "product", "member": LENA, "worn": True}, "Tariq!"),
    "role_unanswered": ({"told_members": [SAM], "told": ["lead"], "function": "communications"}, "Sam! Tariq! Mei!"),
    "role_offered": ({"role": "product", "member": LENA}, "Lena!"),
    "role_volunteered": ({"role": "product", "member": LENA}, "Tariq"),
    "role_offer_ended": ({"role": "product", "member": LENA}, "Tariq"),
    "role_vacant": ({"role": "support_liaison", "function": "support", "told": ["lead"]}, "Sam! Tariq!"),
    "role_seized": ({"role": "lead", "member": LENA, "before_member": SAM}, "Lena! Sam!"),
    "handover_begun": ({"role": "lead", "member": SAM, "to": LENA}, "Lena!"),
    "handover_ended": ({"role": "lead", "member": SAM, "to": LENA, "outcome": "withdrawn"}, "Sam! Lena"),
    "long_duty": (TO_LENA, "Lena!"),
    "function_requested": ({"function": "support"}, "Sam!"),
    "participant_left": ({"member": LENA}, "Lena"),
    "participant_recalled": ({"member": LENA}, "Lena!"),
    "team_follows": ({"members": [LENA, STAN]}, "Lena Stan"),
    "invitation_sent": ({"member": LENA, "inviter": SAM}, "Lena!"),
    "invitation_accepted": ({"member": LENA, "inviter": SAM}, "Sam"),
    "invitation_declined": ({"member": LENA, "inviter": SAM}, "Sam!"),
    "invitation_expired": ({"member": MEI, "inviter": SAM, "to_administrators": True}, "Sam! Lena! Ada!"),
    "reinforcement_asked": ({**FOR_SAM, "answer_by": "2026-03-01T14:30:00+00:00"}, "Lena!"),
    "reinforcement_taken": (FOR_SAM, "Lena"),
    "reinforcement_agreed": (FOR_SAM, "Mei Lena"),
    "reinforcement_objected": ({"requester": MEI}, "Mei!"),
    "reinforcement_unanswered": ({"requester": MEI}, "Mei!"),
    "reinforcement_granted": (FOR_SAM, "Mei Lena"),
    "reinforcement_refused": (FOR_SAM, "Mei! Lena"),
    "reinforcement_withdrawn": (FOR_SAM, "Mei Lena"),
    "reinforcement_lapsed": (FOR_SAM, "Mei Lena"),
    "estimate_proposed": ({}, "Tariq"),
    "estimate_set": (TO_LENA, "Lena"),
    "commitment_proposed": (TO_LENA, "Lena"),
    "commitment_confirmed": (TO_LENA, "Lena"),
    "commitment_refused": (TO_LENA, "Lena"),
    "commitment_reopened": (TO_LENA, "Lena!"),
    "commitment_warned": (TO_LENA, "Lena"),
    "commitment_missed": (TO_LENA | {"told": ["communications_lead", "lead"]}, "Lena! Mei! Tariq!"),
    "restoration_order_set": (TO_LENA, "Lena"),
    "restoration_order_objected": (TO_LENA, "Lena"),
    "event_overlapped": ({}, "Tariq"),
    "workstream_blocked": (TO_LENA, "Lena"),
    "workstream_unblocked": (TO_LENA, "Lena"),
    "workstream_silent": (TO_LENA | {"told": ["lead"], "level": 1}, "Lena! Tariq!"),
    "sync_called": (TO_LENA, "Lena"),
    "sync_soon": (TO_LENA, "Lena"),
    "sync_cancelled": (TO_LENA, "Lena"),
    "exception_granted": ({"member": LENA}, "Lena"),
    "finding_raised": ({}, "Tariq"),
    "finding_more_asked": (TO_LENA, "Lena"),
    "finding_challenged": (TO_LENA, "Lena"),
    "finding_replied": (TO_LENA, "Tariq Lena"),
    "finding_corrected": (TO_LENA, "Tariq Lena"),
    "finding_waits": ({"told": ["lead", "administrators"]}, "Tariq! Lena! Ada!"),
    "synthesis_published": ({}, "Tariq Mei Sam"),
    "synthesis_challenged": (TO_LENA, "Tariq Lena"),
    "synthesis_waits": ({"told": ["lead"]} | TO_LENA, "Tariq! Lena!"),
    "synthesis_delegated": ({"member": LENA}, "Lena"),
    "synthesis_delegation_ended": (TO_LENA, "Lena"),
    "task_added": ({"owner": LENA}, "Lena"),
    "task_given": ({"owner": LENA}, "Lena"),
    "task_due": (TO_LENA, "Lena!"),
    "task_overdue": ({"told": ["lead"]}, "Tariq!"),
    "question_asked": ({"owner_role": "communications_lead"}, "Mei"),
    "question_answered": ({"asker": STAN}, "Stan"),
    "question_declined": ({"asker": STAN}, "Stan"),
    "ask_put": ({"member": LENA}, "Lena!"),
    "ask_answered": ({"asker": LENA}, "Lena"),
    "ask_waits": (TO_LENA, "Lena!"),
    "question_waits": ({"told": ["communications_lead"]}, "Mei!"),
    "spike_seen": ({}, "Sam Tariq"),
    "spike_waits": ({"told": ["support_liaison", "lead", "administrators"]}, "Sam! Tariq! Lena! Ada!"),
    "spike_faded": ({}, "Sam Tariq"),
    "support_brief_written": ({"function": "support"}, "Sam"),
    "changes_collided": ({"told_members": [LENA, SAM]}, "Lena Sam Tariq"),
    "changes_arranged": (TO_LENA, "Lena"),
    "change_cleared": (TO_LENA | {"released": True}, "Lena!"),
    "change_released": (TO_LENA, "Lena!"),
    "change_ended": (TO_LENA, "Lena!"),
    "change_withdrawn": (TO_LENA, "Lena!"),
    "change_due": (TO_LENA, "Lena!"),
    "change_lapsed": (TO_LENA | {"told": ["lead"]}, "Lena! Tariq!"),
    "update_published": ({"audience": "technical"}, "Tariq Mei"),
    "update_corrected": ({"audience": "technical"}, "Ruth"),
    "update_withdrawn": ({"audience": "technical"}, "Ruth"),
    "update_challenged": (TO_LENA, "Mei Lena"),
    "challenge_waits": ({"told": ["communications_lead", "lead"]}, "Mei! Tariq!"),
    "challenge_answered": (TO_LENA, "Lena"),
    "draft_proposed": (TO_LENA, "Lena"),
    "clock_warned": ({"told": ["lead"]}, "Tariq"),
    "clock_due": ({"told": ["lead"]}, "Tariq!"),
    "clock_overdue": ({"told": ["lead"]}, "Tariq!"),
    "clock_escalated": ({"told": ["lead", "administrators"]}, "Tariq! Lena! Ada!"),
    "decision_raised": (TO_RUTH, "Ruth!"),
    "decision_made": (TO_LENA | {"overruled": [RUTH]}, "Lena Ruth!"),
    "decision_reversed": (TO_LENA | {"overruled": [RUTH]}, "Lena Ruth!"),
    "decision_warned": (TO_RUTH, "Ruth"),
    "decision_due": (TO_RUTH, "Ruth!"),
    "decision_escalated": (TO_RUTH, "Ruth!"),
}


def test_every_kind_that_notifies_has_its_row():
    assert set(ROWS) == {kind.name for kind in kinds.all_kinds() if kind.notifies}


@pytest.mark.parametrize("kind", ROWS)
def test_a_kind_reaches_these_and_nobody_else(kind):
    details, names = ROWS[kind]
    expected = set()
    for name in names.split():
        expected.add((name.rstrip("!"), "email"))
        expected |= {(name[:-1], "sms")} if name.endswith("!") else set()
    situation = replace(BUSY, kind=kind, details=details)

    assert told(situation) == expected
    assert told(replace(situation, readers=frozenset())) == set()
    assert {channel for _, channel in told(replace(situation, rank=4))} <= {"email"}


@pytest.mark.parametrize("kind", ["update_corrected", "update_withdrawn"])
def test_exactly_those_who_had_it_hear_that_it_does_not_hold(kind):
    had = frozenset({(RUTH, "email"), (STAN, "email"), (STAN, "sms")})
    situation = replace(QUIET, kind=kind, details={"audience": "customers"}, had=had, holders={"lead": LENA})

    assert told(situation) == {("Ruth", "email"), ("Stan", "email")}
    assert {each.reader for each in who_hears(situation)} == {UPDATE}
