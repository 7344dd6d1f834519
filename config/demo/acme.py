"""Acme: five weeks with a few incidents behind it, and one that is forty minutes old and not over."""

from datetime import timedelta

from incidents.ingest.intake import take_in
from incidents.ingest.reports import Report
from incidents.mobilization import assess, declare
from incidents.models import BusinessEvent, Incident, Integration
from playbooks.models import Criticality, GlossaryTerm, IncidentType, Scope, Severity
from teams.models import Service

from . import clock
from .earlier import EARLIER
from .status import open_page
from .telling import Story

# What customers would not understand, and what to say instead.
WORDS_OF_THE_HOUSE = [
    ("gateway", "gateway", "card payments"),
    ("ledger", "ledger", "your account"),
    ("rollback", "rollback", "undoing a change"),
]


def tell(organization, members, now):
    with clock.moved_to(now - timedelta(days=59)):
        open_page(organization, members, now)
    monitoring, _ = Integration.connect(organization, Integration.Kind.ALERTMANAGER, name="Prometheus", declares=True)
    backups, _ = Integration.connect(organization, Integration.Kind.GENERIC, name="Certificate watch")
    for slug, word, plain in WORDS_OF_THE_HOUSE:
        GlossaryTerm.objects.create(slug=slug, name=word, plain=plain)
    Story(organization, members, now - timedelta(days=3)).at(
        0,
        BusinessEvent.plan,
        "Launch of instant refunds",
        by=members["ada"],
        kind=BusinessEvent.Kind.LAUNCH,
        starts_at=now + timedelta(hours=18),
        ends_at=now + timedelta(hours=26),
        services=list(Service.objects.filter(slug__in=("checkout", "gateway"))),
        note="Announced to the press for the morning",
    )
    for past in EARLIER:
        _tell_earlier(organization, members, now, past)
    _payments_fail(organization, members, now, monitoring)
    waiting = Story(organization, members, now - timedelta(minutes=26))
    expiring = Report(
        dedup_key="certificate-api",
        firing=True,
        title="The certificate of api.acme.test expires in 6 days",
        labels={"severity": "warning", "service": "gateway"},
    )
    waiting.at(0, take_in, backups, [expiring])
    waiting.reports(14, "stan", "The export of invoices is empty since this morning.", waits=True, segment="Partners")
    waiting.reports(19, "sam", "Export gives an empty file.", waits=True, count=5, source="chat")
    waiting.pass_until(now)


def _tell_earlier(organization, members, now, past):
    story = Story(organization, members, now - timedelta(days=past.days_ago))
    story.incident = story.at(
        0,
        declare,
        past.title,
        by=members[past.lead],
        summary=past.summary,
        severity=Severity.objects.get(slug=past.severity),
        incident_type=IncidentType.objects.get(slug=past.type),
        services=list(Service.objects.filter(slug__in=past.services)),
        scope=past.scope,
        criticality=past.criticality,
        drill=past.drill,
    )
    for minute, act, *told in past.happened:
        named = told.pop() if isinstance(told[-1], dict) else {}
        getattr(story, act)(minute, *told, **named)
    story.pass_until(now - timedelta(days=past.days_ago - 1))


def _payments_fail(organization, members, now, monitoring):
    """A bad release of the card gateway on a busy evening; the customers' update is late."""
    story = Story(organization, members, now - timedelta(minutes=41))
    fired = Report(
        dedup_key="9d1f0c6be7a34f52",
        firing=True,
        title="Card payments fail at checkout",
        group_key='{}:{alertname="CardPaymentsFailing"}',
        labels={
            "alertname": "CardPaymentsFailing",
            "severity": "critical",
            "service": "checkout,gateway",
            "incident_type": "payment",
        },
        annotations={"summary": "Card payments fail at checkout", "description": "38 % of authorisations fail."},
    )
    early = story.reports(
        -3,
        "sam",
        "Card declined three times, my bank says it is fine.",
        waits=True,
        segment="Europe",
        ticket="ZD-48102",
    )
    (alert,) = story.at(0, take_in, monitoring, [fired])
    alert.refresh_from_db()
    story.incident = Incident.objects.get(pk=alert.incident_id)

    story.takes(1, "lena", "lead")
    story.engages(1.3, "tariq", "engineering")
    story.says(1.8, "tariq", "General", "On it. It began at :02, right after **gateway 2026.47** went out.")
    story.at(
        3,
        assess,
        story.incident,
        by=members["lena"],
        severity=Severity.objects.get(slug="sev1"),
        scope=Scope.MANY,
        criticality=Criticality.CRITICAL,
    )
    story.at(
        3.5,
        Incident.objects.get(pk=story.incident.pk).change_details,
        by=members["lena"],
        summary="About four in ten card payments fail since 2026.47 of the card gateway went out. "
        "Invoices and bank transfers work. Nobody is charged twice as far as we can see.",
    )
    story.takes(4, "mei", "communications_lead")
    story.engages(4.2, "mei", "communications")
    story.engages(4.6, "sam", "support")
    story.takes(4.7, "sam", "support_liaison")
    story.says(5, "sam", "General", "31 tickets in ten minutes, nearly all *“declined, but my bank says it is fine”*.")
    story.attaches(5.1, "sam", early)
    declined = story.reports(
        5.2, "sam", "“Your card was declined”, on every card I try.", count=24, segment="Europe", ticket="ZD-48110"
    )
    story.tells(
        5.5,
        "mei",
        "coordination",
        current_status="Four in ten card payments fail. Cause suspected in the card gateway's release of tonight.",
        active_work="Tariq compares the releases, Sam collects what customers see, Lena leads.",
        estimated_resolution="Unknown; a rollback would take about 20 minutes.",
    )
    story.sees_broken(5.7, "sam", "partial", "checkout", "Customers who pay by card", "31 tickets in ten minutes")
    story.does(5.8, "lena", 1, 2, 3, 4)
    story.does(5.9, "mei", 5)
    story.takes(5.9, "tariq", "technical_coordinator", domain="backend")
    story.changes(6, "tariq", "Find the cause", title="Card gateway")
    story.changes(6.2, "sam", "Understand the impact", title="Customer reports")
    story.opens(6.5, "lena", "Ledger and double charges", owner="jonas", domain="database")
    story.takes(6.7, "jonas", "technical_coordinator", domain="database")
    story.tells(
        7,
        "mei",
        "customers",
        what_is_happening="Some card payments do not go through at the moment.",
        who_is_affected="Customers who pay by card. Invoices and bank transfers work.",
        what_we_are_doing="We are undoing a change that we made this evening.",
        workaround="Please pay by invoice, or try again in half an hour.",
    )
    story.words(7.5, "mei", "social", "Some card payments fail at the moment. Invoices and bank transfers work.")
    story.corrects(
        7.8,
        "mei",
        "Invoices work only from 20 € on",
        workaround="Please pay by invoice (from 20 € on), or try again in half an hour.",
    )
    cards = story.names(7.85, "sam", "Card is declined, the bank says it is fine", early, declined, service="gateway")
    story.shows(7.9, "mei", "Paying by card does not always work", began=0, pay_by_card="partial")
    story.briefs(
        7.95,
        "sam",
        "Some card payments do not go through at the moment. We know the cause and are undoing a change.",
        avoid="No time by which it works again; nothing about the bank.",
        workaround="Pay by invoice, or try again in half an hour.",
    )
    story.says(
        8,
        "tariq",
        "Card gateway",
        "The new connection pool gives up after `250 ms`; before it was `2 s`. "
        "Under load every third handshake with the bank takes longer than that.",
    )
    pool = story.suspects(8.4, "tariq", "The new connection pool gives up too early", "gateway")
    bank = story.suspects(8.6, "jonas", "The bank answers slower than usual", "ledger")
    story.says(
        9,
        "noor",
        "Card gateway",
        "Two nodes say:\n\n```\npool: acquire timeout after 250ms (64/64)\n```",
    )
    story.engages(10, "priya", "finance")
    story.says(
        10.5,
        "priya",
        "Ledger and double charges",
        "If a payment failed for the customer but was captured by the bank, we have to void it tonight. "
        "@jonas can you count those?",
    )
    _the_cause_is_found(story, pool, bank, cards)
    _the_release_is_taken_back(story)
    _payments_come_back(story)
    story.pass_until(now)


def _the_cause_is_found(story, pool, bank, cards):
    """One theory falls, the other holds; customers go on writing while the lead decides."""
    story.tells(
        11,
        "mei",
        "leadership",
        business_impact="About 38 % of card revenue is not coming in, roughly 4,200 € a minute at this hour.",
        customer_effect="Customers see a declined card; 31 have written to us.",
        expected_timeline="A rollback is being prepared; decision within ten minutes.",
    )
    story.finds(
        11.5,
        "tariq",
        "A third of the handshakes with the bank is cut off after 250 ms, since 2026.47.",
        stream="Card gateway",
        actions="Compared both releases and two nodes.",
        needs="A go to roll back to 2026.46.",
        meaning="The release is the cause; nothing is wrong at the bank.",
        confidence="high",
        needs_action=True,
    )
    story.settles(11.5, "jonas", bank, "ruled_out", "Their handshakes take 180 ms as on every evening.")
    _the_lead_decides(story, pool, cards)


def _the_lead_decides(story, pool, cards):
    """Leadership and product have come; what it costs is said beside what broke."""
    story.engages(12, "ruth", "leadership")
    story.takes(12.2, "ruth", "executive")
    story.engages(12.5, "ada", "product")
    story.takes(12.6, "ada", "product")
    story.hears(12.8, "lena", 1)
    story.confirms_broken(12.85, "ada", 1)
    story.states(
        12.9,
        "ada",
        "serious",
        "About 38 % of card revenue is not coming in. Most of it comes later; some carts are lost for good.",
        customers_affected=2600,
        key_accounts=["Hooli", "Umbrella"],
    )
    story.says(13, "ada", "General", "We would rather lose the new receipts than wait: roll back when you can, @lena.")
    story.settles(13.5, "tariq", pool, "confirmed", "gw-1 with 2 s: not one timeout in a thousand payments.")
    story.decides(
        13.8,
        "lena",
        "coordination",
        "Roll back to 2026.46?",
        ("Roll back", "The new receipts are gone until next week"),
        ("Raise the time limit", "Nobody has tried it under load"),
        choice="Roll back",
        reason="Product would rather lose the receipts than wait.",
    )
    story.knows(
        13.9,
        "lena",
        behind=[1],
        known="The release of tonight cuts off a third of the card payments. Nothing is wrong at the bank.",
        unknown="Whether money was taken from anybody whose payment failed.",
        doing="Noor prepares the way back, Jonas counts payments taken but not booked.",
        next="Back to the release of last week, one node after the other.",
        impact="Four in ten card payments, about 4,200 € a minute. Invoices and transfers work.",
        expected="20 minutes from the go",
        confidence="medium",
    )
    story.moves(14, "lena", "identified", "The release's connection pool gives up too early.")
    story.estimates(14.4, "tariq", 35, 45, "A node takes about four minutes, and there are four.")
    story.estimates(14.7, "lena", 36, 46, "Four nodes, four minutes each, and ten minutes to be sure.")
    story.tells(
        15,
        "lena",
        "technical",
        text="Cause: acquire timeout of 250 ms in 2026.47. Rolling back to 2026.46, node by node.",
    )
    story.reports(15.2, "stan", "Hooli cannot pay for their renewal.", count=1, segment="Large accounts", symptom=cards)
    story.reports(15.5, "sam", "Declined at checkout.", count=55, segment="Europe", symptom=cards)
    story.reports(15.7, "sam", "Paid, and got no receipt.", count=6, segment="Europe", source="chat")


def _the_release_is_taken_back(story):
    """The cause is known, the lead has decided; several work side by side."""
    story.takes(15.9, "noor", "technical_coordinator", domain="infrastructure")
    story.opens(16, "lena", "Roll back to 2026.46", owner="noor", domain="infrastructure")
    story.claims(16, "noor", "Roll back to 2026.46, node by node", "gateway", minutes=40, go="lena")
    story.adds(16.5, "lena", "Void what was captured but not booked", owner="priya", due=150)
    story.asks(16.8, "stan", "May we tell Hooli that their invoices are not affected?", for_customers=True)
    story.orders(16.9, "ada", "Card payments", "Receipts", reason="Nobody can pay without the first.")
    story.says(17, "noor", "Roll back to 2026.46", "Draining **gw-1** now. Each node takes about four minutes.")
    story.asks(17.5, "sam", "A customer asks whether invoices still work?", for_customers=True)
    story.merges(18, "sam", 2, into=1)
    story.puts(
        18.2, "sam", 1, "jonas", "Does anything but cards go through the gateway?", "Cards only.", purpose="A customer"
    )  # fmt: skip
    story.lists(18.8, "sam", "Status page of the bank", "https://status.bank.example/", "Green since yesterday.")
    story.opens(
        18.9,
        "lena",
        "Was card data exposed?",
        owner="jonas",
        restricted=True,
        members=[story.members["ruth"]],
        goal="Say whether card data left the gateway",
    )
    story.says(
        18.95,
        "jonas",
        "Was card data exposed?",
        "The timeouts wrote card tokens into a log. No numbers; rotating it now.",
    )
    counted = story.says(
        19,
        "jonas",
        "Ledger and double charges",
        "**212** authorisations without a booking, 0 booked twice. List is with @priya.",
    )
    story.pins(19.5, "lena", counted)
    story.says(
        20, "sam", "Customer reports", "87 tickets, two of our ten largest customers among them; Stan calls them."
    )
    story.promises(
        20.05, "ada", "A list of every payment that was not booked", "Hooli", 200, confirmed="lena", told="mei"
    )
    story.answers(20.9, "lena", 1, "Yes: invoices and bank transfers work as always.")
    story.tells(
        20.95,
        "mei",
        "coordination",
        current_status="Cause known: a time limit in the new release. The rollback has begun.",
        active_work="Noor rolls back node by node; Jonas and Priya look for payments taken but not booked.",
        estimated_resolution="In about 20 minutes.",
    )


def _payments_come_back(story):
    """Node by node, and not yet all of them."""
    story.decides(
        22.3,
        "lena",
        "coordination",
        "Keep the receipts switched on for big customers?",
        choice="Yes",
        reason="They asked.",
    )
    story.says(23, "noor", "Roll back to 2026.46", "**gw-1** back on 2026.46, errors there under 0.5 %. Next **gw-2**.")
    story.says(26, "tariq", "Card gateway", "Same picture here: nodes on 2026.46 are clean, the others still fail.")
    story.changes(27, "lena", "Ledger and double charges", state="blocked")
    story.says(27.3, "jonas", "Ledger and double charges", "Waiting for the bank's settlement file at half past.")
    story.says(29, "noor", "Roll back to 2026.46", "**gw-2** done. Two more to go.")
    story.knows(
        30.5,
        "lena",
        behind=[1],
        known="The release of tonight cut off a third of the card payments. Half of the nodes are back and clean.",
        unknown="Whether money was taken from anybody whose payment failed; the bank's file comes at half past.",
        doing="Noor takes back the last two nodes. Jonas waits for the bank's file.",
        next="Void by hand what was taken and not booked.",
        impact="17 % of card payments, and falling.",
        expected="10 minutes",
        confidence="high",
        ask="Two people for the launch of tomorrow: Ruth decides.",
    )
    story.tells(31, "lena", "technical", text="Two of four nodes on 2026.46 and clean. Next: gw-3, then gw-4.")
    story.takes_back(31.5, "lena", 2, "The receipts come from the release that we are taking back.")
    story.claims(32, "jonas", "Void the 212 authorisations without a booking", "ledger", minutes=30)
    story.says(33, "sam", "Customer reports", "New tickets slow down: 6 in the last five minutes, 20 before that.")
    story.reports(33.2, "sam", "Declined again.", count=6, segment="Europe", source="chat")
    story.sums_up(33.5, "sam", "Nearly all say the same: declined, and the bank says it is fine. It slows down.")
    story.asks(34, "ruth", "Do we have to tell the regulator tonight?", for_briefing=True)
    story.tells(
        35,
        "mei",
        "coordination",
        current_status="Half of the gateway is rolled back; failures are down to 17 %.",
        active_work="Noor continues with gw-3. Jonas waits for the bank's settlement file.",
        estimated_resolution="In about ten minutes.",
    )
    story.briefs_leadership(35.2, "lena", {3: "Not tonight: nobody was charged twice."}, "Half of the gateway is back.")
    story.decides(
        35.5,
        "lena",
        "resource",
        "Take Tariq and Jonas off tomorrow's launch?",
        ("Take them", "Instant refunds come a week later"),
        ("Leave them", "Voiding by hand takes until Friday"),
        needed=75,
        cost_of_waiting="Every hour about forty customers wait for their money.",
        commitments_sacrificed=["Launch of instant refunds, 26 November"],
    )
    story.estimates(35.8, "lena", 50, 65, "gw-3 hangs; the last node follows.", confidence="low")
    story.calls_for(35.8, "lena", "elif", "You wrote the batch that voids captured payments.", 3)
    story.asks(36, "ruth", "How much revenue is delayed, and how much is lost?", for_briefing=True)
    story.drafts(
        36.1,
        "mei",
        "customers",
        what_is_happening="About half of the card payments go through again.",
        what_we_are_doing="We are undoing the change on the rest of our machines, gw-3 among them.",
    )
    story.adds(36.2, "lena", "Ask the bank when the settlement file comes")
    story.says(36.5, "noor", "Roll back to 2026.46", "**gw-3** takes longer: one request hangs. Two more minutes.")
    story.meets(
        37,
        "lena",
        "Before gw-4 takes payments",
        "Roll back to 2026.46",
        "Ledger and double charges",
        begins=52,
        purpose="Go or no go, with the settlement file on the table",
    )
    story.lets_lie(38, "lena", "Ask the bank when the settlement file comes", "Priya has the bank on the line anyway.")
    story.finds(
        38.5,
        "jonas",
        "No payment was booked twice; 212 were authorised and not booked.",
        stream="Ledger and double charges",
        actions="Counted against the ledger up to 20:35.",
        meaning="Nobody is charged twice.",
    )
    story.challenges(38.8, "priya", 2, "The bank's file is not in it yet, so we know it only up to 20:35.")
    story.says(39, "tariq", "Card gateway", "Fix for 2026.48 is up for review. It will *not* go out tonight.")
    story.says(
        40.2,
        "lena",
        "General",
        "@mei customers were due three minutes ago. A line is enough: half is back.",
    )
