"""What happened at Acme in the weeks before: what it was, and who did what when."""

from dataclasses import dataclass

from playbooks.models import Criticality, Scope


@dataclass(frozen=True)
class Past:
    """One incident that is over. `happened` holds `(minute, what somebody does, …)` as `Story` knows it."""

    title: str
    days_ago: float
    lead: str
    severity: str
    type: str
    services: tuple
    happened: tuple
    summary: str = ""
    scope: Scope = Scope.SOME
    criticality: Criticality = Criticality.NON_CRITICAL
    drill: bool = False


EARLIER = (
    Past(
        "Search results are hours old", 24.2, "tariq", "sev3", "degradation", ("search",),
        (
            (2, "engages", "tariq", "engineering"),
            (4, "engages", "sam", "support"),
            (6, "says", "sam", "General", "Three customers miss articles that they published this morning."),
            (11, "says", "tariq", "General", "The indexer stopped at 06:10 when its disk was full. Nobody was told."),
            (14, "tells", "tariq", "technical", {"text": "Indexer out of disk since 06:10. Growing it first."}),
            (20, "moves", "tariq", "identified"),
            (22, "shows", "tariq", "New things are not found in the shop", {
                "began": 0, "state": "identified", "find_things": "partial", "waiver": "Nobody speaks for it today.",
            }),
            (41, "says", "tariq", "General", "Index is current again. I add an alert on its age, not on its disk."),
            (44, "moves", "tariq", "resolved", "The index is current; a check on its age is in place."),
            (45, "clears", "tariq", {"waiver": "Nobody speaks for it today."}),
            (1440, "moves", "tariq", "closed"),
        ),
        summary="New articles do not show up in search.",
    ),
    Past(
        "Invoices of October were sent twice", 17.4, "lena", "sev2", "payment", ("ledger",),
        (
            (1, "engages", "tariq", "engineering"),
            (2, "takes", "mei", "communications_lead"),
            (2.5, "engages", "mei", "communications"),
            (3, "engages", "sam", "support"),
            (4, "engages", "priya", "finance"),
            (5, "opens", "lena", "Stop the second run", {"owner": "tariq", "domain": "backend"}),
            (6, "says", "tariq", "Stop the second run", "The job ran on both schedulers. The second one is stopped."),
            (9, "says", "priya", "General", "Nobody was charged twice: the second mail carries the same number."),
            (16, "tells", "mei", "customers", {
                "what_is_happening": "Some of you got the invoice for October twice.",
                "what_we_are_doing": "Please ignore the second one. Nobody is charged twice.",
            }),
            (18, "tells", "mei", "coordination", {
                "current_status": "Stopped. 1,904 invoices went out twice; no charge was made twice.",
                "active_work": "Sam answers questions, Tariq makes the job take a lock.",
                "estimated_resolution": "Within the hour",
            }),
            (38, "moves", "lena", "monitoring", "No further mail for half an hour."),
            (40, "hands_over", "lena", "tariq", "Stopped and quiet. Left: the lock, and Sam's last answers."),
            (55, "moves", "tariq", "resolved", "The job holds a lock now; customers have been told."),
            (2880, "moves", "tariq", "closed"),
        ),
        summary="1,904 customers got two mails for the same invoice.",
        scope=Scope.MANY,
    ),
    Past(
        "Sign-in slow for customers in Asia", 10.7, "noor", "sev2", "third-party", ("sign-in",),
        (
            (1, "engages", "noor", "engineering"),
            (3, "engages", "sam", "support"),
            (4, "takes", "mei", "communications_lead"),
            (4.5, "engages", "mei", "communications"),
            (6, "says", "noor", "General", "Our provider for texts has a queue of eleven minutes in Singapore."),
            (15, "tells", "mei", "coordination", {
                "current_status": "Codes by text arrive up to eleven minutes late in Asia.",
                "active_work": "Noor moves these customers to the second provider.",
                "estimated_resolution": "About half an hour",
            }),
            (33, "says", "noor", "General", "Moved. Codes take four seconds again."),
            (36, "moves", "noor", "monitoring", "The second provider carries the load."),
            (80, "moves", "noor", "resolved", "The first provider reports that its queue is empty."),
            (1500, "moves", "noor", "closed"),
        ),
        summary="Codes by text arrive late because of a provider.",
    ),
    Past(
        "Disk of a reporting replica nearly full", 6.3, "jonas", "sev4", "degradation", ("ledger",),
        (
            (2, "says", "jonas", "General", "This is the copy for last year's audit; it was meant to be this full."),
            (4, "moves", "jonas", "declined", "Expected. The threshold for this machine is raised."),
        ),
    ),
    Past(
        "Practice: the primary database is gone", 3.1, "lena", "sev2", "outage", ("ledger", "checkout"),
        (
            (1, "engages", "tariq", "engineering"),
            (2, "takes", "mei", "communications_lead"),
            (2.5, "engages", "mei", "communications"),
            (3, "opens", "lena", "Promote the standby", {"owner": "jonas", "domain": "database"}),
            (9, "says", "jonas", "Promote the standby", "Promoted after 5 min 40 s. The runbook lacks the pooler."),
            (14, "tells", "mei", "coordination", {
                "current_status": "The standby serves; 40 seconds of bookings are being checked.",
                "active_work": "Jonas compares bookings, Tariq watches errors.",
                "estimated_resolution": "In ten minutes",
            }),
            (26, "moves", "lena", "resolved", "Practised. The runbook gets the missing step."),
        ),
        scope=Scope.ALL,
        criticality=Criticality.CRITICAL,
        drill=True,
    ),
)  # fmt: skip
