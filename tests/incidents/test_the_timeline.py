"""The timeline: a sentence for everything that can happen, paged by number, filtered, and cut to who reads."""

import re

import pytest
from django.template.loader import render_to_string
from django.utils.html import strip_tags

from incidents import kinds
from incidents.models import Participant, Workstream
from tests.factories import declare_incident, post_message

DUE = "2026-03-01T14:30:00+00:00"
CHANGE = {"change": 1, "key": "C2", "action": "Drain the queue"}
THEORY = {"hypothesis": 1, "key": "H1", "statement": "The pool is too small"}
FIX = {"fix": 1, "key": "F1", "what": "Raise the limit", "hypothesis": "H1", "change": "C2"}
CLOCK = {"clock": "update", "audience": "customers", "due_at": DUE, "told": ["communications_lead", "administrators"]}
TASK = {"task": 1, "number": 4, "text": "Drain the queue"}
QUESTION = {"question": 1, "number": 7, "asker": 1, "name": "Stan Larsen"}
SYMPTOM = {"symptom": 1, "key": "S2", "title": "Card is declined"}
ASK = {"ask": 1, "number": 2, "for_question": 7, "member": 2, "name": "Tariq Haddad"}
REINFORCEMENT = {"reinforcement": 1, "number": 3, "member": 0, "name": "Ruth Meyer"}
DECISION = {"decision": 4, "subject": "Roll back?"}
ESTIMATE = {"estimate": 1, "earliest": "2026-03-01T14:00:00+00:00", "latest": DUE, "confidence": "low"}
IMPACT = {"impact": 1, "number": 2, "what": "Cards", "segment": "EU", "level": "partial"}
COMMITMENT = {"commitment": 1, "number": 3, "text": "Exports work again", "to_whom": "Hooli", "due_at": DUE}

# What is recorded → what is read. Lena acts in every one of them.
SENTENCES = {
    "declared": (
        {"title": "Cards fail", "severity": "sev1", "services": ["checkout", "card-ledger"], "playbook": "Payments v1"},
        "Lena Fischer declared “Cards fail” as SEV1. Affected: checkout, card ledger. Playbook: Payments v1.",
    ),
    "details_changed": (
        {
            "changed": {
                "title": {"before": "Odd", "after": "Cards fail"},
                "services": {"before": [], "after": ["search"]},
            }
        },
        "Lena Fischer corrected the title from “Odd” to “Cards fail”; the services: search.",
    ),
    "made_private": ({}, "Lena Fischer made the incident private: only who is on it can see it."),
    "made_visible": ({}, "Lena Fischer made the incident visible to the organisation."),
    "assessed": (
        {"severity": "sev1", "scope": "many", "criticality": "critical", "functions": ["customer-data"]},
        "Lena Fischer assessed it: SEV1, customers affected: many customers, criticality: critical. "
        "Called for: customer data.",
    ),
    "assessment_defaulted": (
        {"functions": ["engineering", "support"]},
        "Nobody assessed in time. Called for the widest set: engineering, support.",
    ),
    "severity_changed": (
        {"before": "sev3", "after": "sev1", "direction": "worse"},
        "Lena Fischer changed the severity from SEV3 to SEV1 (worse).",
    ),
    "status_changed": (
        {"before": "investigating", "after": "identified"},
        "Lena Fischer changed the status from investigating to identified.",
    ),
    "resolved": ({"before": "monitoring", "after": "resolved"}, "Lena Fischer resolved the incident."),
    "reopened": ({"before": "resolved", "after": "investigating"}, "Lena Fischer reopened the incident."),
    "closed": ({}, "Lena Fischer closed the incident."),
    "declined": ({}, "Lena Fischer declined it: this needs no incident."),
    "merged": ({"into": 7}, "Lena Fischer merged it into INC-7."),
    "duplicate_arrived": (
        {"number": 9, "title": "Cards fail too"},
        "Lena Fischer merged INC-9 “Cards fail too” into this incident.",
    ),
    "role_taken": (
        {"role": "communications_lead", "member": 0, "name": "Mei Tanaka"},
        "Mei Tanaka is communications lead, given by Lena Fischer.",
    ),
    "role_handed_over": (
        {"role": "lead", "member": 0, "name": "Mei Tanaka", "before": "Lena Fischer"},
        "Mei Tanaka is incident lead, after Lena Fischer; handed over by Lena Fischer.",
    ),
    "role_released": (
        {"role": "lead", "member": 0, "name": "Mei Tanaka"},
        "Mei Tanaka is no longer incident lead, released by Lena Fischer.",
    ),
    "role_accepted": (
        {"role": "lead", "title": "incident lead", "name": "Mei Tanaka"},
        "Mei Tanaka has it: incident lead.",
    ),
    "role_declined": (
        {"role": "lead", "title": "incident lead", "name": "Mei Tanaka", "worn": True},
        "Mei Tanaka cannot be incident lead; nobody is now.",
    ),
    "role_unanswered": (
        {"role": "lead", "title": "incident lead", "name": "Mei Tanaka"},
        "Mei Tanaka has not answered yet about being incident lead.",
    ),
    "role_offered": (
        {"role": "product", "title": "product", "name": "Ada Novak"},
        "Lena Fischer asked whether Ada Novak would be product.",
    ),
    "role_volunteered": (
        {"role": "lead", "title": "incident lead", "name": "Mei Tanaka"},
        "Mei Tanaka raised a hand: would be incident lead.",
    ),
    "role_offer_ended": (
        {"role": "lead", "title": "incident lead", "name": "Mei Tanaka"},
        "Lena Fischer took back what was open about Mei Tanaka as incident lead.",
    ),
    "role_vacant": (
        {"role": "lead", "title": "incident lead", "told": ["lead", "administrators"]},
        "Nobody is incident lead. Told: incident lead, administrators.",
    ),
    "role_seized": (
        {
            "role": "lead",
            "title": "incident lead",
            "name": "Mei Tanaka",
            "before": "Sam Okafor",
            "reason": "He is ill",
        },
        "Mei Tanaka took over as incident lead from Sam Okafor: He is ill",
    ),
    "handover_begun": (
        {"role": "lead", "title": "incident lead", "member": 0, "name": "Mei Tanaka", "successor": "Sam Okafor"},
        "Mei Tanaka hands over to Sam Okafor: incident lead, says Lena Fischer. It moves once the successor has it.",
    ),
    "handover_ended": (
        {"title": "incident lead", "name": "Mei Tanaka", "successor": "Sam Okafor", "outcome": "withdrawn"},
        "Mei Tanaka stays incident lead: the hand-over to Sam Okafor was withdrawn by Lena Fischer.",
    ),
    "long_duty": (
        {"role": "lead", "title": "incident lead", "name": "Mei Tanaka", "minutes": 240},
        "Mei Tanaka has been incident lead for more than 240 minutes: time to hand over.",
    ),
    "guard_waived": (
        {
            "guard": "no_communications_lead",
            "gap": "Nobody leads communications.",
            "waived": ["no_communications_lead"],
        },
        "Lena Fischer decided that nothing has to be done: Nobody leads communications.",
    ),
    "function_requested": (
        {"function": "legal", "name": "Legal", "rule": "Type Security"},
        "Legal was asked for by Lena Fischer (Type Security).",
    ),
    "function_engaged": ({"function": "legal", "name": "Legal"}, "Legal is engaged, says Lena Fischer."),
    "function_stood_down": ({"function": "legal", "name": "Legal"}, "Lena Fischer stood Legal down."),
    "function_waived": ({"function": "legal", "name": "Legal"}, "Lena Fischer decided that Legal is not needed."),
    "participant_joined": (
        {"member": 0, "name": "Ruth Meyer", "function": "leadership", "capacity": "observer"},
        "Ruth Meyer observes, for leadership, brought in by Lena Fischer.",
    ),
    "participant_left": (
        {"member": 0, "name": "Ruth Meyer", "follows": True, "thanks": "The numbers helped."},
        "Ruth Meyer works on it no more and follows, released by Lena Fischer. “The numbers helped.”",
    ),
    "participant_recalled": (
        {"member": 0, "name": "Ruth Meyer", "function": "leadership"},
        "Lena Fischer recalled Ruth Meyer, for leadership.",
    ),
    "team_follows": (
        {"team": "payments", "name": "Payments", "count": 2},
        "Lena Fischer let the team Payments follow: 2 people.",
    ),
    "invitation_sent": (
        {"member": 0, "name": "Ruth Meyer", "wanted_for": "Leadership", "after": "Mei Tanaka", "expires_at": DUE},
        "Lena Fischer invited Ruth Meyer for Leadership, because Mei Tanaka did not answer. "
        "An answer is wanted by 14:30.",
    ),
    "invitation_accepted": (
        {"name": "Ruth Meyer", "wanted_for": "Leadership"},
        "Ruth Meyer accepted the invitation for Leadership.",
    ),
    "invitation_declined": (
        {"name": "Ruth Meyer", "wanted_for": "Leadership"},
        "Ruth Meyer declined the invitation for Leadership.",
    ),
    "invitation_expired": (
        {"name": "Mei Tanaka", "wanted_for": "Leadership", "rerouted_to": "Ruth Meyer"},
        "Mei Tanaka did not answer the invitation for Leadership in time. Ruth Meyer is asked instead.",
    ),
    "invitation_withdrawn": (
        {"name": "Ruth Meyer", "wanted_for": "Leadership"},
        "Lena Fischer took back the invitation of Ruth Meyer for Leadership.",
    ),
    "reinforcement_asked": (
        {**REINFORCEMENT, "hours": 2, "answer_by": DUE},
        "Lena Fischer asked for Ruth Meyer for 2 hours (R3). Their manager answers by 14:30.",
    ),
    "reinforcement_taken": (
        {**REINFORCEMENT, "hours": 1, "managers": [1]},
        "Lena Fischer asked for Ruth Meyer for 1 hour (R3). Their manager is told and may object.",
    ),
    "reinforcement_agreed": (REINFORCEMENT, "Lena Fischer lets Ruth Meyer go (R3)."),
    "reinforcement_objected": (
        REINFORCEMENT,
        "Lena Fischer objects to lending Ruth Meyer (R3). An executive decides.",
    ),
    "reinforcement_unanswered": (
        REINFORCEMENT,
        "Nobody answered for Ruth Meyer in time (R3). An executive decides.",
    ),
    "reinforcement_granted": (
        {**REINFORCEMENT, "decision": 4},
        "Ruth Meyer is lent to the incident (R3), says Lena Fischer with D4.",
    ),
    "reinforcement_refused": (
        {**REINFORCEMENT, "decision": 4, "here": True},
        "Ruth Meyer stays where they are (R3), says Lena Fischer with D4. "
        "They work on this incident now and have to be released.",
    ),
    "reinforcement_withdrawn": (REINFORCEMENT, "Lena Fischer took back that Ruth Meyer is asked for (R3)."),
    "reinforcement_lapsed": (
        {**REINFORCEMENT, "because": "D4 was withdrawn"},
        "Nobody has to answer for Ruth Meyer any more (R3): D4 was withdrawn.",
    ),
    "caught_up": ({"number": 12}, "Lena Fischer is up to speed, up to entry 12."),
    "workstream_opened": (
        {"title": "Roll back", "owner": "Tariq Haddad"},
        "Lena Fischer opened the workstream “Roll back”, owned by Tariq Haddad.",
    ),
    "workstream_changed": (
        {"title": "Roll back", "changed": {"state": {"before": "working", "after": "blocked"}}},
        "Lena Fischer changed the workstream “Roll back”: it is blocked.",
    ),
    "message_posted": ({"sha256": "0"}, "Lena Fischer wrote in “General”; the words were deleted."),
    "workstream_blocked": (
        {"waiting": "Frontend", "blocking": "Backend"},
        "Lena Fischer: “Frontend” waits for “Backend”.",
    ),
    "workstream_unblocked": (
        {"waiting": "Frontend", "blocking": "Backend"},
        "“Frontend” waits no longer for “Backend”.",
    ),
    "workstream_silent": (
        {"title": "Backend", "minutes": 10, "level": 1, "told": ["lead"]},
        "Nothing was said in “Backend” for 10 minutes; told: incident lead.",
    ),
    "sync_called": (
        {"title": "Order the changes", "starts_at": DUE, "names": ["Mei Tanaka", "Sam Okafor"]},
        "Lena Fischer called a sync point, “Order the changes”, for 14:30: Mei Tanaka, Sam Okafor.",
    ),
    "sync_soon": (
        {"title": "Order the changes", "starts_at": DUE},
        "The sync point “Order the changes” begins at 14:30.",
    ),
    "sync_held": (
        {"title": "Order the changes", "outcome": "Backend first"},
        "Lena Fischer wrote down what came of the sync point “Order the changes”: Backend first.",
    ),
    "sync_cancelled": (
        {"title": "Order the changes"},
        "Lena Fischer cancelled the sync point “Order the changes”.",
    ),
    "workstream_restricted": (
        {"title": "Payroll", "readers": ["Legal", "Mei Tanaka"]},
        "Lena Fischer restricted the workstream “Payroll” to Legal, Mei Tanaka.",
    ),
    "workstream_readers_changed": (
        {"title": "Payroll", "readers": ["Legal"]},
        "Lena Fischer opened the restricted workstream “Payroll” to Legal.",
    ),
    "workstream_unrestricted": (
        {"title": "Payroll"},
        "Lena Fischer opened the workstream “Payroll” to everybody on the incident.",
    ),
    "message_edited": ({"message": 1, "version": 2}, "Lena Fischer edited a message in “General” (version 2)."),
    "message_deleted": ({"message": 1}, "Lena Fischer deleted a message in “General”."),
    "note_added": ({"text": "The provider called back."}, "Lena Fischer noted: The provider called back."),
    "message_pinned": (
        {"message": 0, "author": "Tariq Haddad"},
        "Lena Fischer pinned what Tariq Haddad wrote in “General”; the words were deleted.",
    ),
    "message_unpinned": ({"message": 0, "entry": 7}, "Lena Fischer unpinned entry 7, from “General”."),
    "time_corrected": (
        {"entry": 7, "before": DUE, "after": "2026-03-01T14:05:00+00:00"},
        "Lena Fischer corrected when entry 7 happened: 1 Mar 2026, 14:05, not 1 Mar 2026, 14:30.",
    ),
    "post_declined": (
        {"member": 1},
        "Lena Fischer was kept out of a workstream, where those talk who look for the cause.",
    ),
    "exception_granted": (
        {"name": "Ruth Meyer", "member": 1, "until": DUE},
        "Lena Fischer lets Ruth Meyer speak in a workstream until 14:30.",
    ),
    "exception_revoked": (
        {"name": "Ruth Meyer", "member": 1},
        "Lena Fischer ended the exception for Ruth Meyer in a workstream.",
    ),
    "finding_raised": (
        {
            "finding": 1,
            "number": 1,
            "condition": "5.1 is healthy.",
            "needs": "A go from the lead.",
            "confidence": "high",
        },
        "Lena Fischer raised finding F1: 5.1 is healthy. Needs: A go from the lead.",
    ),
    "finding_acknowledged": (
        {"finding": 1, "number": 1, "condition": "5.1 is healthy."},
        "Lena Fischer acknowledged finding F1: 5.1 is healthy.",
    ),
    "finding_set_aside": (
        {"finding": 1, "number": 1, "condition": "5.1 is healthy.", "reason": "Only on the canary."},
        "Lena Fischer set finding F1 aside: 5.1 is healthy.",
    ),
    "finding_more_asked": (
        {"finding": 1, "number": 1, "condition": "5.1 is healthy."},
        "Lena Fischer asked for more about finding F1: 5.1 is healthy.",
    ),
    "finding_challenged": (
        {"finding": 1, "number": 1, "condition": "5.1 is healthy."},
        "Lena Fischer challenged finding F1: 5.1 is healthy.",
    ),
    "finding_replied": (
        {"finding": 1, "number": 1, "condition": "5.1 is healthy."},
        "Lena Fischer replied about finding F1: 5.1 is healthy.",
    ),
    "finding_corrected": (
        {"finding": 2, "number": 2, "corrects": 1, "version": 3, "condition": "5.1 fails on node 2."},
        "Lena Fischer corrected finding F1, on which version 3 of what we know rests. "
        "F2 takes its place: 5.1 fails on node 2.",
    ),
    "synthesis_published": (
        {"version": 3, "findings": [1, 2]},
        "Lena Fischer said what we know, version 3, from F1, F2.",
    ),
    "synthesis_challenged": ({"version": 3}, "Lena Fischer challenged what we know, version 3."),
    "synthesis_waits": (
        {"version": 3, "findings": [4, 5], "told": ["lead"]},
        "What we know is version 3 and over 20 minutes old; newer: F4, F5. Told: incident lead.",
    ),
    "synthesis_delegated": (
        {"name": "Tariq Haddad", "member": 1, "until": DUE},
        "Lena Fischer gave it to Tariq Haddad to hear the findings and say what we know until 14:30.",
    ),
    "synthesis_delegation_ended": (
        {"name": "Tariq Haddad", "member": 1},
        "Lena Fischer ended it that Tariq Haddad says what we know.",
    ),
    "finding_waits": (
        {"finding": 1, "number": 1, "level": 1, "told": ["lead", "communications_lead"]},
        "Finding F1 still waits to be acknowledged. Told: incident lead, communications lead.",
    ),
    "task_added": (
        TASK | {"name": "Tariq Haddad", "due_at": DUE},
        "Lena Fischer added task T4: Drain the queue, for Tariq Haddad, due at 14:30.",
    ),
    "task_taken": (TASK, "Lena Fischer took task T4: Drain the queue."),
    "task_given": (
        TASK | {"name": "Mei Tanaka", "before": "Tariq Haddad"},
        "Lena Fischer gave task T4 to Mei Tanaka, after Tariq Haddad: Drain the queue.",
    ),
    "task_moved": (TASK | {"due_at": DUE}, "Lena Fischer moved task T4 to 14:30: Drain the queue."),
    "task_done": (TASK, "Lena Fischer did task T4: Drain the queue."),
    "task_not_needed": (TASK | {"reason": "Empty"}, "Lena Fischer found task T4 not needed: Drain the queue."),
    "task_reopened": (TASK, "Lena Fischer reopened task T4: Drain the queue."),
    "task_due": (TASK | {"name": "Tariq Haddad"}, "Task T4 is due now: Drain the queue, for Tariq Haddad."),
    "task_overdue": (TASK | {"name": "Tariq Haddad"}, "Task T4 is late: Drain the queue, for Tariq Haddad."),
    "question_asked": (
        QUESTION | {"owner_role": "communications_lead", "for_briefing": True},
        "Stan Larsen asked question Q7, for the next briefing; the communications lead answers.",
    ),
    "question_answered": (QUESTION, "Lena Fischer answered question Q7."),
    "question_declined": (QUESTION, "Lena Fischer declined question Q7."),
    "question_merged": ({**QUESTION, "into": 3}, "Lena Fischer merged question Q7 into Q3."),
    "question_joined": (QUESTION, "Lena Fischer wants to know question Q7, too."),
    "question_covered": (
        {**QUESTION, "audience": "leadership"},
        "Lena Fischer left question Q7 to the next update to leadership.",
    ),
    "briefing_held": (
        {"briefing": 1, "number": 2, "questions": [3, 7], "left": 1},
        "Lena Fischer briefed leadership (briefing 2); answered there: Q3, Q7; 1 left for the next.",
    ),
    "ask_put": (ASK, "Lena Fischer asked Tariq Haddad what has to be known for question Q7 (A2)."),
    "ask_answered": ({**ASK, "declined": True}, "Lena Fischer could not answer A2, for question Q7."),
    "ask_withdrawn": (ASK, "Tariq Haddad need not answer A2 any more."),
    "ask_waits": (
        {**ASK, "level": 1, "told": ["lead"]},
        "A2 to Tariq Haddad still waits for an answer. Told: incident lead.",
    ),
    "question_waits": (
        QUESTION | {"told": ["communications_lead"]},
        "Question Q7 waits for an answer. Told: communications lead.",
    ),
    "report_filed": (
        {"report": 1, "count": 3, "segment": "Europe", "key": "S2", "title": "Card is declined"},
        "Lena Fischer told what 3 customers see (Europe): S2 “Card is declined”.",
    ),
    "report_repeated": (
        {"report": 1, "customers": 4},
        "Lena Fischer counted one more customer on a report: 4 by now.",
    ),
    "reports_attached": (
        {"reports": 2, "customers": 5},
        "Lena Fischer brought customer reports to the incident: 2, of 5 customers.",
    ),
    "reports_sorted": (
        SYMPTOM | {"reports": 2},
        "Lena Fischer put 2 reports under S2 “Card is declined”.",
    ),
    "symptom_named": (
        SYMPTOM | {"reports": 2},
        "Lena Fischer named what customers see: S2 “Card is declined”, 2 reports.",
    ),
    "symptoms_merged": (
        SYMPTOM | {"into": "S1", "into_title": "Cards fail"},
        "Lena Fischer merged S2 “Card is declined” into S1 “Cards fail”.",
    ),
    "symptom_split": (
        SYMPTOM | {"origin": "S1", "reports": 1},
        "Lena Fischer took S2 “Card is declined” out of S1, 1 report.",
    ),
    "spike_seen": (
        {"spike": 1, "customers": 12, "usual": "0.4", "severity": "sev1"},
        "More customers write than usual: 12 in a quarter of an hour, usually 0.4. Proposed: SEV1.",
    ),
    "spike_waits": (
        {"spike": 1, "severity": "sev1", "told": ["lead"]},
        "Nobody has said yet what follows from more customers writing than usual.",
    ),
    "spike_faded": (
        {"spike": 1, "severity": "sev1"},
        "Fewer customers write again: what more of them led to being proposed fell away by itself.",
    ),
    "spike_accepted": (
        {"spike": 1, "severity": "sev1"},
        "Lena Fischer agreed that more customers write than usual and raised it to SEV1.",
    ),
    "spike_dismissed": (
        {"spike": 1, "reason": "A campaign"},
        "Lena Fischer decided that nothing follows from more customers writing than usual.",
    ),
    "digest_given": (
        {"digest": 1, "number": 2, "reports": 3, "customers": 12, "direction": "rising"},
        "Lena Fischer told the room what customers say (digest 2): 12 customers in 3 reports, rising.",
    ),
    "support_brief_written": (
        {"support_brief": 1, "version": 2, "next_update_at": DUE},
        "Lena Fischer wrote what agents say (version 2); more by 14:30.",
    ),
    "document_added": (
        {"document": 0, "title": "Provider status"},
        "Lena Fischer listed the document “Provider status”.",
    ),
    "document_removed": (
        {"document": 0, "title": "Provider status"},
        "Lena Fischer removed the document “Provider status” from the list.",
    ),
    "update_published": (
        {"audience": "customers", "number": 3, "body": {"what_is_happening": "Cards fail."}, "next_update_at": DUE},
        "Lena Fischer told customers (update 3). “Cards fail.” Next update at 14:30.",
    ),
    "update_corrected": (
        {
            "audience": "customers",
            "number": 4,
            "corrects": 3,
            "reason": "It was Europe only",
            "body": {"what_is_happening": "Cards fail in Europe."},
        },
        "Lena Fischer corrected update 3 to customers (now update 4). “Cards fail in Europe.”",
    ),
    "update_withdrawn": (
        {"audience": "customers", "number": 3, "reason": "It was another company"},
        "Lena Fischer withdrew update 3 to customers.",
    ),
    "touchpoint_written": (
        {"place": "status_page", "core": 3, "text": "Cards fail.", "number": 2},
        "Lena Fischer wrote what stands in one place, after update 3: status page. “Cards fail.”",
    ),
    "update_challenged": (
        {"audience": "customers", "number": 3, "name": "Lena Fischer", "reason": "It is Europe only."},
        "Lena Fischer challenged update 3 to customers.",
    ),
    "challenge_waits": (
        {"audience": "customers", "number": 3, "name": "Sam Okafor", "level": 1, "told": ["lead"]},
        "The challenge of update 3 to customers by Sam Okafor still waits for an answer. Told: incident lead.",
    ),
    "challenge_answered": (
        {"audience": "customers", "number": 3, "name": "Sam Okafor", "outcome": "stands", "reason": "We looked."},
        "Lena Fischer answered the challenge of update 3 to customers by Sam Okafor: it stands.",
    ),
    "update_taken_back": (
        {"audience": "customers", "number": 3},
        "Lena Fischer took update 3 to customers back before it left.",
    ),
    "draft_saved": (
        {"audience": "customers", "version": 2},
        "Lena Fischer saved the draft to customers, version 2.",
    ),
    "draft_proposed": ({"audience": "customers"}, "Lena Fischer asks for the draft to customers to be confirmed."),
    "draft_confirmed": ({"audience": "customers"}, "Lena Fischer confirmed the draft to customers."),
    "draft_discarded": ({"audience": "customers"}, "Lena Fischer discarded the draft to customers."),
    "clock_skipped": (
        {"clock": "update", "audience": "leadership", "due_at": DUE, "reason": "They were called"},
        "Lena Fischer tells leadership nothing this time. The next update is due at 14:30.",
    ),
    "clock_moved": (
        {
            "clock": "update",
            "audience": "customers",
            "before": "2026-03-01T14:00:00+00:00",
            "due_at": DUE,
            "reason": "The bank answers at two",
        },
        "Lena Fischer moved the next update for customers from 14:00 to 14:30.",
    ),
    "public_incident_published": (
        {
            "headline": "Paying takes long",
            "state": "investigating",
            "components": [{"name": "Pay by card", "level": "major"}, {"name": "Refunds", "level": "degraded"}],
        },
        "Lena Fischer put on the status page: “Paying takes long” (investigating). "
        "Affected: Pay by card (major), Refunds (degraded).",
    ),
    "public_incident_changed": (
        {"headline": "Paying works again", "state": "resolved", "before": "monitoring"},
        "Lena Fischer changed what the status page says: “Paying works again” (resolved).",
    ),
    "public_incident_withdrawn": (
        {"headline": "Paying takes long", "state": "investigating", "reason": "It was not ours"},
        "Lena Fischer took “Paying takes long” off the status page.",
    ),
    "clock_warned": (CLOCK, "The update for customers is due at 14:30."),
    "clock_due": (CLOCK, "The update for customers is due now."),
    "clock_overdue": (CLOCK | {"clock": "assessment"}, "The assessment is late: it was due at 14:30."),
    "clock_escalated": (
        CLOCK,
        "The update for customers is still late: it was due at 14:30. Told: communications lead, administrators.",
    ),
    "service_cleared": ({"service": "ledger", "name": "Ledger"}, "Ledger is not affected, says Lena Fischer."),
    "change_proposed": (
        CHANGE | {"owner": "Tariq Haddad", "services": ["card-ledger"], "until": DUE, "irreversible": True},
        "Tariq Haddad wants to change card ledger until 14:30: C2 “Drain the queue”, which cannot be undone. "
        "Proposed by Lena Fischer.",
    ),
    "changes_collided": (
        {"change": 1, "key": "C2", "other": "INC-4 C1", "about": "same service: Ledger"},
        "C2 and INC-4 C1 are in each other’s way: same service: Ledger.",
    ),
    "changes_arranged": ({"order": ["C2", "C1"]}, "Lena Fischer put changes one after the other: C2, then C1."),
    "change_cleared": (
        CHANGE | {"other": "INC-4 C1", "released": True},
        "C2 “Drain the queue” waits no longer for INC-4 C1 and may begin.",
    ),
    "change_moved": (
        CHANGE | {"after": "C1", "starts_at": DUE, "until": "2026-03-01T15:00:00+00:00"},
        "C2 moves behind C1: 14:30 to 15:00.",
    ),
    "change_released": (CHANGE, "Lena Fischer let C2 “Drain the queue” go."),
    "change_started": (CHANGE, "C2 “Drain the queue” is under way, says Lena Fischer."),
    "change_ended": (
        CHANGE | {"result": "rolled_back", "text": "too slow"},
        "C2 “Drain the queue” rolled back, says Lena Fischer: too slow.",
    ),
    "change_extended": (
        CHANGE | {"before": DUE, "until": "2026-03-01T15:00:00+00:00"},
        "C2 “Drain the queue” takes longer: until 15:00, says Lena Fischer.",
    ),
    "change_withdrawn": (CHANGE, "Lena Fischer withdrew C2 “Drain the queue”."),
    "change_due": (CHANGE | {"due_at": DUE}, "C2 “Drain the queue” was to be over at 14:30."),
    "change_lapsed": (CHANGE, "C2 “Drain the queue” has lapsed: nobody said how it ended."),
    "hypothesis_proposed": (
        THEORY | {"component": "card-ledger", "owner": "Tariq Haddad", "same": ["H2"]},
        "Lena Fischer suspects card-ledger: H1 “The pool is too small”; Tariq Haddad looks into it, beside H2.",
    ),
    "hypothesis_joined": (THEORY, "Lena Fischer joined H1 “The pool is too small”."),
    "hypothesis_tested": (THEORY, "Lena Fischer tests H1 “The pool is too small”."),
    "hypothesis_confirmed": (
        THEORY | {"text": "64 of 64 in use"},
        "Lena Fischer confirmed H1 “The pool is too small”: 64 of 64 in use.",
    ),
    "hypothesis_ruled_out": (THEORY, "Lena Fischer ruled out H1 “The pool is too small”."),
    "hypothesis_reopened": (THEORY, "Lena Fischer looks again at H1 “The pool is too small”."),
    "evidence_added": (
        THEORY | {"text": "it was half empty", "against": True},
        "Evidence against H1 “The pool is too small” from Lena Fischer: it was half empty.",
    ),
    "fix_started": (FIX, "Lena Fischer tries F1 “Raise the limit” against H1 under C2."),
    "fix_ended": (
        FIX | {"state": "did_not_work", "result": "same errors"},
        "F1 “Raise the limit” against H1 under C2 did not work, says Lena Fischer: same errors.",
    ),
    "decision_raised": (
        DECISION | {"asked_of": "executive", "needed_by": DUE},
        "Lena Fischer asked for a decision, D4 “Roll back?”, of the executive, needed by 14:30.",
    ),
    "decision_input": (
        DECISION | {"choice": "Wait", "text": "It heals"},
        "Lena Fischer proposed for D4 “Roll back?”: “Wait”, because: “It heals”.",
    ),
    "decision_made": (
        DECISION | {"choice": "Yes", "authority": "lead", "interim": True, "asked_of": "product", "supersedes": 2},
        "Lena Fischer decided D4 “Roll back?”: “Yes” (incident lead), until the product says yes, in place of D2.",
    ),
    "decision_ratified": (DECISION, "Lena Fischer said yes to what was decided meanwhile: D4 “Roll back?”."),
    "decision_reversed": (
        DECISION | {"reverses": 3, "outside_authority": True},
        "Lena Fischer took D3 back with D4 “Roll back?” (outside their authority).",
    ),
    "decision_executed": (DECISION, "Lena Fischer says that it is done: D4 “Roll back?”."),
    "decision_withdrawn": (DECISION, "Lena Fischer withdrew D4 “Roll back?”: nobody has to decide it."),
    "decision_postponed": (
        DECISION | {"needed_by": DUE},
        "Lena Fischer gave D4 “Roll back?” more time, until 14:30.",
    ),
    "decision_acknowledged": (DECISION, "Lena Fischer has seen D4 “Roll back?”."),
    "decision_warned": (DECISION | {"due_at": DUE}, "D4 “Roll back?” has to be decided by 14:30."),
    "decision_due": (
        DECISION | {"cost_of_waiting": "4,200 € a minute."},
        "D4 “Roll back?” has to be decided now. Waiting costs: 4,200 € a minute.",
    ),
    "decision_escalated": (
        DECISION | {"due_at": DUE, "told": ["executive", "lead"]},
        "D4 “Roll back?” is still not decided: it was needed by 14:30. Told: executive, incident lead.",
    ),
    "estimate_proposed": (
        ESTIMATE,
        "Lena Fischer proposed an estimate: over between 14:00 and 14:30, confidence low.",
    ),
    "estimate_set": (
        ESTIMATE | {"proposed_by": "Tariq Haddad", "before": "2026-03-01T14:10:00+00:00", "moved_back": True},
        "Lena Fischer set the estimate that Tariq Haddad proposed: over between 14:00 and 14:30, confidence low; "
        "before: 14:10.",
    ),
    "estimate_published": (
        ESTIMATE,
        "Lena Fischer let customers hear the estimate: over between 14:00 and 14:30, confidence low.",
    ),
    "estimate_withheld": (
        {"estimate": 1, "unknown": True},
        "Lena Fischer made the estimate internal again: not known when it will be over.",
    ),
    "impact_proposed": (IMPACT, "Lena Fischer proposed impact I2 on Cards for EU: partly broken."),
    "impact_confirmed": (IMPACT, "Lena Fischer confirmed impact I2 on Cards for EU: partly broken."),
    "impact_ended": (
        IMPACT | {"segment": "", "ended_at": DUE},
        "Lena Fischer ended impact I2 on Cards for all customers, over since 14:30.",
    ),
    "impact_withdrawn": (IMPACT, "Lena Fischer withdrew impact I2 on Cards for EU."),
    "business_impact_stated": (
        {"version": 2, "level": "serious", "before": "limited", "customers_affected": 1200},
        "Lena Fischer stated the business impact, version 2: serious instead of limited, 1200 customers affected.",
    ),
    "commitment_proposed": (
        COMMITMENT,
        "Lena Fischer proposed commitment P3, “Exports work again”, to Hooli by 14:30.",
    ),
    "commitment_confirmed": (
        COMMITMENT,
        "Lena Fischer confirmed that commitment P3, “Exports work again” can be kept.",
    ),
    "commitment_refused": (
        COMMITMENT | {"told": True},
        "Lena Fischer said that commitment P3, “Exports work again” cannot be kept although it was promised.",
    ),
    "commitment_communicated": (
        COMMITMENT | {"unconfirmed": True},
        "Lena Fischer promised commitment P3, “Exports work again”, to Hooli by 14:30, "
        "without a technical confirmation.",
    ),
    "commitment_reopened": (
        COMMITMENT | {"told": True},
        "Commitment P3, “Exports work again” has to be confirmed again: the estimate is later; "
        "it was promised already.",
    ),
    "commitment_warned": (COMMITMENT, "Commitment P3, “Exports work again” is due soon, to Hooli by 14:30."),
    "commitment_missed": (
        COMMITMENT,
        "Lena Fischer said that commitment P3, “Exports work again” is missed, to Hooli by 14:30.",
    ),
    "commitment_kept": (COMMITMENT, "Lena Fischer kept commitment P3, “Exports work again”, to Hooli by 14:30."),
    "commitment_withdrawn": (
        COMMITMENT | {"told": True},
        "Lena Fischer withdrew commitment P3, “Exports work again”, which had been promised.",
    ),
    "restoration_order_set": (
        {"version": 1, "order": ["Checkout", "Search"], "interim": True},
        "Lena Fischer set what comes back first: Checkout, then Search, until product says yes.",
    ),
    "restoration_order_objected": (
        {"version": 1},
        "Lena Fischer objected to the restoration order, version 1.",
    ),
    "event_overlapped": (
        {"name": "Instant refunds", "starts_at": DUE, "task_number": 4, "commitments": ["P1", "P3"]},
        "“Instant refunds” (14:30) needs what is affected: product decides with task T4; commitments at risk: P1, P3.",
    ),
    "alert_fired": ({"title": "ErrorRate", "source": "Prometheus"}, "Alert “ErrorRate” fired (Prometheus)."),
    "alert_resolved": (
        {"title": "ErrorRate", "source": "Prometheus"},
        "Alert “ErrorRate” is over (Prometheus). The incident stays open until somebody resolves it.",
    ),
}


def test_every_kind_has_its_sentence():
    assert set(SENTENCES) == {kind.name for kind in kinds.all_kinds()}


def test_every_kind_reads_aloud(lena):
    incident = declare_incident(lena)
    thread = incident.workstreams.get()
    incident.lock()
    said = {}

    for kind in kinds.all_kinds():
        details, _ = SENTENCES[kind.name]
        workstream = thread if kind.name.startswith("message") else None
        entry = incident.record(kind, by=lena, workstream=workstream, **details)
        said[kind.name] = words_of(entry.template_name, entry)

    assert said == {name: sentence for name, (_, sentence) in SENTENCES.items()}


def test_every_kind_reads_aloud_when_nobody_acted_and_nothing_is_known(lena):
    """Old entries keep the details that were written then."""
    incident = declare_incident(lena)
    incident.lock()

    entries = [incident.record(kind) for kind in kinds.all_kinds()]

    assert [entry.kind for entry in entries if not words_of(entry.template_name, entry).endswith(".")] == []


def test_words_that_end_with_a_full_stop_get_no_second_one(lena):
    incident = declare_incident(lena)
    incident.lock()

    entry = incident.record(kinds.TASK_DONE, by=lena, number=1, text="It is back.")

    assert words_of(entry.template_name, entry) == "Lena Fischer did task T1: It is back."


def words_of(template, entry):
    html = render_to_string(template, {"entry": entry})
    return " ".join(strip_tags(html).split())


def test_reasons_and_waivers_stand_under_the_sentence(lena, mei):
    incident = declare_incident(lena)

    entry = incident.change_status("identified", by=mei, reason="A bad deploy", waiver="Lena is on a train")

    words = words_of("incidents/_entry.html", entry)
    assert words.endswith("Because: A bad deploy Rule waived Lena is on a train")


def test_what_people_wrote_is_text_and_never_markup(lena):
    incident = declare_incident(lena, "<script>alert(1)</script>")

    html = render_to_string("incidents/_entry.html", {"entry": incident.timeline.in_order().first()})

    assert "&lt;script&gt;" in html
    assert "<script" not in html


# --- The page ---------------------------------------------------------------------------------------


def page(browser, query="", **kwargs):
    return browser.get(f"/o/acme/incidents/1/timeline/{query}", **kwargs)


def numbers_in(response):
    return [int(number) for number in re.findall(r'id="e-(\d+)"', response.content.decode())]


@pytest.fixture
def long_incident(lena):
    incident = declare_incident(lena)
    for number in range(60):
        incident.change_status("identified" if number % 2 == 0 else "monitoring", by=lena)
    return incident


def test_the_newest_page_comes_first_and_pages_by_number(lena, long_incident, signed_in):
    browser = signed_in(lena)
    spoken = [entry.number for entry in long_incident.timeline.without_system().in_order()]

    newest = page(browser)

    assert numbers_in(newest) == spoken[-50:]
    assert f"?before={spoken[-50]}" in newest.content.decode()
    assert numbers_in(page(browser, f"?before={spoken[-50]}")) == spoken[:-50][-50:]
    assert numbers_in(page(browser, f"?after={spoken[1]}")) == spoken[2:52]


def test_older_lines_come_to_htmx_by_themselves(lena, long_incident, signed_in):
    answer = page(signed_in(lena), "?before=20", headers={"HX-Request": "true"})

    assert max(numbers_in(answer)) == 19
    assert 'id="timeline"' not in answer.content.decode()


def test_a_list_that_is_filtered_does_not_grow_by_itself(lena, long_incident, signed_in):
    browser = signed_in(lena)

    whole = page(browser, headers={"HX-Request": "true"}).content.decode()
    filtered = page(browser, "?kind=declared", headers={"HX-Request": "true"}).content.decode()

    assert 'data-append="timeline"' in whole
    assert 'data-append="timeline"' not in filtered


def test_what_the_machinery_says_is_shown_on_request(lena, signed_in):
    incident = declare_incident(lena)
    message = post_message(incident, by=lena)
    browser = signed_in(lena)

    assert message.entry.number not in numbers_in(page(browser))
    assert message.entry.number in numbers_in(page(browser, "?system=1"))


def test_filtering_by_kind_and_function(lena, mei, signed_in):
    incident = declare_incident(lena)
    Workstream.open(incident, "Write to customers", by=mei)
    Participant.join(incident, mei, by=mei)
    browser = signed_in(lena)
    opened = list(incident.timeline.of_kinds("workstream_opened").in_order().values_list("number", flat=True))

    assert numbers_in(page(browser, "?kind=workstream_opened")) == opened
    assert numbers_in(page(browser, "?kind=workstream_opened&function=communications")) == opened[-1:]
    assert numbers_in(page(browser, "?kind=nonsense")) == []


@pytest.mark.parametrize("query", ["?before=x", "?after=-1", "?before=" + "9" * 40, "?before=²"])
def test_a_number_that_is_none_is_left_out(lena, signed_in, query):
    declare_incident(lena)

    answer = page(signed_in(lena), query)

    assert answer.status_code == 200
    assert 1 in numbers_in(answer)


def test_a_stakeholder_reads_the_briefing_entries_only(lena, stan, signed_in):
    incident = declare_incident(lena)
    incident.change_status("identified", by=lena)
    briefing = [entry.number for entry in incident.timeline.in_order() if entry.visibility == "briefing"]
    everything = [entry.number for entry in incident.timeline.in_order()]

    assert numbers_in(page(signed_in(lena), "?system=1")) == everything
    assert numbers_in(page(signed_in(stan), "?system=1")) == briefing
    assert briefing != everything


def test_an_outsider_finds_no_timeline(lena, omar, signed_in):
    declare_incident(lena)

    assert page(signed_in(lena)).status_code == 200
    assert page(signed_in(omar)).status_code == 404
