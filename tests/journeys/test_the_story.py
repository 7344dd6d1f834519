"""A real alert becomes an incident, people are called, somebody forgets to write, and it ends well."""

import re
import time
from collections import Counter

from playwright.sync_api import expect

from tests.journeys.alertmanager import Alertmanager
from tests.serving import wait_for

LABELS = {"alertname": "CardPaymentsFailing", "severity": "critical", "service": "checkout", "incident_type": "payment"}
TITLE = "Card payments fail at checkout"
SUBJECT = re.compile(r"\[SEV1 INC-\d+\] (.+): " + TITLE)
SHORT = re.compile(r"SEV1 INC-\d+: ([^.]+)\. " + TITLE)
PHONES = {"+4915112345601": "lena", "+4915112345602": "tariq", "+4915112345603": "mei", "+4915112345604": "sam",
          "+4915112345605": "ruth", "+4915112345606": "ada"}  # fmt: skip

EVERYBODY_AT_ONCE = {"tariq": "es", "mei": "es", "sam": "es", "ruth": "e"}
ADMINISTRATORS = {"lena": "es", "ada": "es"}


class Ears:
    """What of this incident arrived by mail and by text since last asked: `{(who, "e" or "s", headline): times}`.

    Incidents of other journeys go on meanwhile, and their clocks speak too.
    """

    def __init__(self, mail_server, sms_gateway):
        self.mail_server, self.sms_gateway = mail_server, sms_gateway
        self.mails, self.texts = len(mail_server.mails), len(sms_gateway.requests)
        self.before = Counter()

    def heard(self):
        found = Counter()
        for mail in self.mail_server.mails[self.mails :]:
            subject = re.search(r"^Subject: (.*(?:\r?\n[ \t].*)*)", mail.content.decode(), re.M)[1]
            if said := SUBJECT.search(re.sub(r"\r?\n\s*", " ", subject)):
                found[mail.rcpt_tos[0].partition("@")[0], "e", said[1]] += 1
        for text in self.sms_gateway.requests[self.texts :]:
            if said := SHORT.match(text["text"]):
                found[PHONES[text["to"]], "s", said[1]] += 1
        return found - self.before

    def hear(self, headlines):
        """Wait until exactly this was heard: `{headline: {who: "es"}}`."""
        wanted = Counter(
            (who, by, headline) for headline, people in headlines.items() for who, ways in people.items() for by in ways
        )
        try:
            wait_for(lambda: sum(self.heard().values()) >= sum(wanted.values()), 30)
        finally:
            heard = self.heard()
        assert heard == wanted
        self.before += heard


def test_a_real_alert_becomes_an_incident_and_ends_well(installation, open_browser, mail_server, sms_gateway, tmp_path):
    ears = Ears(mail_server, sms_gateway)
    key = installation.do("integration", "alertmanager")
    tariqs, meis = open_browser(), open_browser()
    tariq, mei = tariqs.sign_in("tariq"), meis.sign_in("mei")

    with Alertmanager(tmp_path, f"{installation.address}/ingest/{key}/alertmanager") as alertmanager:
        # The alert fires: an incident, the functions of its playbook, and everybody who is needed.
        alertmanager.fires(LABELS, summary=TITLE)
        ears.hear(
            {
                "Declared": EVERYBODY_AT_ONCE,
                "Product is needed": ADMINISTRATORS,
                "Finance is needed": ADMINISTRATORS,
            }
        )

        for page in (tariq, mei):
            page.goto("/o/acme/incidents/")
            page.get_by_role("link", name=TITLE).first.click()
            expect(page.get_by_role("heading", level=1)).to_contain_text(TITLE)
            expect(page.locator(".link[role=status]")).to_have_text("Live")
        number = int(re.search(r"/incidents/(\d+)/", tariq.url)[1])
        expect(mei.locator("#roles")).to_contain_text("Incident lead: unfilled")
        for function in ("Engineering", "Support", "Product", "Communications", "Finance"):
            expect(mei.locator("#functions")).to_contain_text(function)

        # Two people take what is theirs, and see each other do it.
        tariq.locator("#take-lead").click()
        expect(mei.locator("#roles")).to_contain_text("Tariq Haddad")
        mei.locator("#take-communications_lead").click()
        expect(tariq.locator("#roles")).to_contain_text("Mei Tanaka")
        for page in (tariq, mei):
            page.evaluate("window.sinceThen = true")
        assert_reads_at_once(tariq, mei, "Rolling back to 5.1.")
        assert_reads_at_once(mei, tariq, "I write to everybody.")
        for page in (tariq, mei):
            assert page.evaluate("window.sinceThen"), "The page was loaded anew."

        # Nobody writes: the clock of the coordination tier speaks up, louder each time.
        assess(tariq)
        # Customers are affected, and support has nobody in the room who speaks for it.
        ears.hear({"Nobody is support liaison": {"sam": "es"}})
        interval = installation.do("clocks", number)["coordination"][2]
        assert interval == 15
        let_pass(installation, number, 11, "warned")
        ears.hear({"Update to coordination due soon": {"mei": "e"}})
        let_pass(installation, number, 4, "due")
        ears.hear({"Update to coordination due now": {"mei": "es"}})
        let_pass(installation, number, 1, "overdue")
        ears.hear({"Update to coordination overdue": {"mei": "es"}})
        for page in (tariq, mei):
            expect(page.locator("#clocks")).to_contain_text("Coordination: late")
        let_pass(installation, number, 4, "escalated", 1)
        ears.hear({"Update to coordination still missing": {"mei": "es", "tariq": "es"}})
        let_pass(installation, number, 10, "escalated", 2)
        ears.hear({"Update to coordination still missing": {"mei": "es", "tariq": "es", **ADMINISTRATORS}})

        # Mei writes, and the clock starts anew.
        mei.goto(f"/o/acme/incidents/{number}/updates/new/?audience=coordination")
        mei.get_by_label("Current status").fill("The rollback has begun.")
        mei.get_by_label("Active work").fill("Tariq rolls back.")
        mei.get_by_label("Estimated resolution").fill("Ten minutes")
        mei.get_by_role("button", name=re.compile("^Send to")).click()
        expect(tariq.locator("#updates")).to_contain_text("The rollback has begun.")
        expect(tariq.locator("#clocks")).to_contain_text(re.compile(r"Coordination: in 1[45] min"))
        assert installation.do("clocks", number)["coordination"] == ["open", 0, 15]
        ears.hear({"Update 1 to coordination": {"tariq": "e"}})

        # The alert is over, and then the incident.
        mei.goto(f"/o/acme/incidents/{number}/")
        alertmanager.is_over(LABELS, summary=TITLE)
        expect(tariq.locator("#alerts")).to_contain_text("Resolved")
    tariq.goto(f"/o/acme/incidents/{number}/resolution/")
    tariq.get_by_label("What ended it").fill("Rolled back to 5.1.")
    tariq.get_by_role("button", name=f"Resolve INC-{number}").click()
    expect(mei.locator("#header")).to_contain_text("resolved")
    ears.hear({"Resolved": {"mei": "es", "sam": "es", "ruth": "e", **ADMINISTRATORS}})

    wait_for(lambda: installation.do("unsettled") == 0)
    ears.hear({})
    tell_tale(installation, number)
    assert tariqs.complaints + meis.complaints == []
    assert tariqs.strangers + meis.strangers == []


def speak(page, text):
    page.get_by_label("Message to General").fill(text)
    page.get_by_role("button", name="Send").click()


def assert_reads_at_once(writer, reader, text):
    """Within a second; the best of three, because this machine has other things to do too."""
    took = []
    for number in range(1, 4):
        speak(writer, f"{text} ({number})")
        started = time.monotonic()
        reader.locator("#conversation .msg").filter(has_text=f"{text} ({number})").wait_for()
        took.append(time.monotonic() - started)
        expect(writer.get_by_label("Message to General")).to_have_value("")
    assert min(took) < 1, took


def assess(page):
    page.goto(page.url.partition("?")[0] + "assessment/")
    page.get_by_label("SEV1").check()
    page.get_by_label("Some customers").check()
    page.get_by_label("Not critical").check()
    page.get_by_role("button", name="Save the assessment").click()
    expect(page.locator("#timeline")).to_contain_text("assessed")


def let_pass(installation, number, minutes, state, level=0):
    """Move the time by moving the clock's start, and wait for the scheduler to notice."""
    installation.do("hurry", number, "coordination", minutes * 60 + 5)
    wait_for(lambda: installation.do("clocks", number)["coordination"][:2] == [state, level])


def tell_tale(installation, number):
    kinds = installation.do("kinds", number)
    told = [kind for kind in kinds if not kind.startswith(("function_", "participant_", "workstream_"))]
    assert told == [
        "declared", "role_vacant", "alert_fired", "role_taken", "role_taken", *["message_posted"] * 6, "assessed",
        "role_vacant",
        "clock_warned", "clock_due", "clock_overdue", "clock_escalated", "clock_escalated", "draft_saved",
        "update_published", "alert_resolved", "resolved",
    ]  # fmt: skip
    assert installation.do("broken_at", number) is None
    assert installation.manage("verify_timeline", "acme", str(number))
