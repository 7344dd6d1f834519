"""What turns out wrong is corrected or withdrawn, for exactly those who had it, and every place says the same."""

import pytest

from incidents.guards import Facts, gaps_of
from incidents.models import RoleAssignment, StatusUpdate, Touchpoint
from notifications import tick
from notifications.models import AudienceGroup, AudienceMember, Delivery, Notice, OptOut
from teams.errors import Refused
from tests.factories import declare_incident
from tests.incidents.pages import all_at_once, last_entry, url_of, words_of
from tests.notifications.quiet import hush

CUSTOMERS = {"what_is_happening": "Cards fail everywhere.", "what_we_are_doing": "We roll back."}
RIGHT = CUSTOMERS | {"what_is_happening": "Cards fail in Europe."}


@pytest.fixture
def incident(lena, mei):
    hush()
    incident = declare_incident(lena, "Card payments fail", severity="sev1")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    return incident


def publish(incident, by, body=CUSTOMERS):
    entry = StatusUpdate.publish(incident, "customers", body, by=by, waiver="It is news")
    return incident.updates.with_people().get(pk=entry.details["update"])


def heard(kind):
    """`{(recipient, channel)}` of what was really sent of a kind of entry."""
    sent = Delivery.objects.filter(notice__entry__kind=kind).exclude(state__in=("suppressed", "failed", "pending"))
    return {(each.recipient.name, each.channel) for each in sent}


def join(member):
    AudienceMember.objects.create(group=AudienceGroup.objects.filter(audience="customers").first(), membership=member)


def test_a_correction_reaches_exactly_those_who_had_the_original(incident, mei, stan, sam, tariq):
    update = publish(incident, mei)
    tick.run()
    before = heard("update_published")
    join(tariq)

    update.correct(RIGHT, by=mei, reason="It is Europe only")
    tick.run()

    assert ("Stan Larsen", "email") in before
    assert heard("update_corrected") == before
    notice = Notice.objects.get(entry__kind="update_corrected")
    assert "Correction of update 1 to customers" in notice.subject
    assert "It is Europe only" in notice.text
    assert "Cards fail in Europe." in notice.text


def test_what_still_waits_is_not_sent_and_the_correction_is(incident, mei, stan):
    update = publish(incident, mei)
    tick.prepare()
    update.correct(RIGHT, by=mei, reason="It is Europe only")
    tick.run()

    assert heard("update_published") == set()
    assert ("Stan Larsen", "email") in heard("update_corrected")
    assert {each.reason for each in Delivery.objects.filter(notice__entry__kind="update_published")} == {
        "It was corrected before it was sent."
    }


def test_whoever_missed_one_correction_gets_the_next(incident, mei, stan):
    update = publish(incident, mei)
    tick.run()
    had = heard("update_published")
    entry = update.correct(RIGHT, by=mei, reason="It is Europe only")
    tick.prepare()
    Delivery.objects.filter(notice__entry=entry, recipient=stan).update(state="failed", next_at=None)
    tick.run()
    again = incident.updates.get(pk=entry.details["update"])
    last = again.correct(RIGHT | {"workaround": "Bank transfer works."}, by=mei, reason="There is a way round")
    tick.run()

    assert {(each.recipient.name, each.channel) for each in Delivery.objects.filter(notice__entry=last)} == had


def test_a_withdrawal_is_told_to_who_had_it_and_to_nobody_who_did_not(incident, mei, stan):
    sent = publish(incident, mei)
    tick.run()
    had = heard("update_published")
    sent.withdraw(by=mei, reason="It was another company")
    tick.run()
    assert heard("update_withdrawn") == had

    unsent = publish(incident, mei)
    tick.prepare()
    entry = unsent.withdraw(by=mei, reason="Not us")
    tick.run()
    assert not Delivery.objects.filter(notice__entry=entry).exists()


def test_a_correction_takes_the_place_of_no_newer_update_and_honours_who_left(incident, mei, stan):
    first = publish(incident, mei)
    tick.run()
    OptOut.objects.create(membership=stan, audience="customers")
    publish(incident, mei, CUSTOMERS | {"workaround": "Bank transfer works."})
    first.correct(RIGHT, by=mei, reason="It is Europe only")
    tick.run()

    news = Delivery.objects.filter(notice__entry__kind__in=("update_published", "update_corrected"))
    assert not news.filter(reason__startswith="Superseded").exists()
    assert {each.reason for each in news.filter(notice__entry__kind="update_corrected", recipient=stan)} == {
        "Asked not to get these."
    }


def test_a_correction_supersedes_and_leaves_the_clock_alone(incident, mei):
    update = publish(incident, mei)
    clock = incident.obligations.live().get(audience="customers")

    first = update.correct(RIGHT, by=mei, reason="It is Europe only", key="once")
    second = update.correct(RIGHT, by=mei, reason="It is Europe only", key="once")

    assert first == second
    assert incident.obligations.live().get(audience="customers") == clock
    (standing,) = incident.updates.standing()
    assert (standing.corrects, standing.body) == (update, RIGHT)
    with pytest.raises(Refused, match="Update 1 was corrected already"):
        update.withdraw(by=mei, reason="Again")


def test_two_who_correct_at_once_are_one(committed_acme):
    from teams.models import Membership
    from teams.tenancy import acting_in

    with acting_in(committed_acme):
        lena = Membership.objects.with_people().get(person__email="lena@acme.test")
        incident = declare_incident(lena)
        pk = StatusUpdate.publish(incident, "technical", {"text": "Down."}, by=lena).details["update"]

    def correct():
        with acting_in(committed_acme):
            try:
                return bool(incident.updates.get(pk=pk).correct({"text": "Slow."}, by=lena, reason="Not down"))
            except Refused as refused:
                return refused.code

    assert sorted(map(str, all_at_once(correct, 4))) == ["True", *["already_replaced"] * 3]


@pytest.mark.parametrize(
    ("body", "reason", "code"),
    [
        (RIGHT, " ", "reason_required"),
        (CUSTOMERS, "Why", "unchanged"),
        ({"what_is_happening": "Cards fail."}, "Why", "incomplete"),
        (RIGHT | {"text": "Stack trace"}, "Why", "incomplete"),
    ],
)
def test_what_is_no_correction_is_refused(incident, mei, body, reason, code):
    update = publish(incident, mei)

    with pytest.raises(Refused) as refused:
        update.correct(body, by=mei, reason=reason)

    assert refused.value.code == code
    assert update.stands


def test_on_the_web(incident, mei, tariq, stan, omar, signed_in):
    publish(incident, mei)
    place = url_of(incident, "updates/1/correction/")
    form = RIGHT | {"reason": "It is Europe only"}

    page = signed_in(mei).get(place)
    refused = signed_in(tariq).post(place, form)
    wrong = signed_in(mei).post(place, form | {"reason": ""})
    done = signed_in(mei).post(place, form)

    assert "Cards fail everywhere.</textarea>" in page.content.decode()
    assert (refused.status_code, wrong.status_code, done.url) == (409, 422, url_of(incident, "updates/2/"))
    assert "Corrected Update 2 stands in its place: It is Europe only" in words_of(
        signed_in(stan).get(url_of(incident, "updates/1/"))
    )
    assert {signed_in(who).get(place).status_code for who in (stan, omar)} == {404}
    assert signed_in(mei).post(url_of(incident, "updates/2/withdrawal/"), {"reason": "Not us"}).status_code == 302
    assert last_entry(incident).kind == "update_withdrawn"
    assert "Not us" in words_of(signed_in(mei).get(url_of(incident, "updates/")))
    composer = signed_in(mei).get(url_of(incident, "drafts/customers/"))
    assert "Cards fail" not in composer.content.decode()


def test_by_program(incident, mei, tariq, omar, program):
    update = publish(incident, mei)
    place = f"/incidents/{incident.number}/updates/{update.pk}/"
    body = {"body": RIGHT, "reason": "It is Europe only"}

    refused = program(tariq).post(place + "corrections/", body)
    made = program(mei).post(place + "corrections/", body)
    gone = program(mei).post(f"/incidents/{incident.number}/updates/{made.json()['id']}/withdrawal/", {"reason": "No"})

    assert (refused.status_code, refused.json()["waivable"], made.status_code) == (409, True, 201)
    assert (made.json()["corrects"], made.json()["state"]) == (update.pk, "published")
    assert program(mei).get(place).json()["corrected_by"] == made.json()["id"]
    assert (gone.json()["state"], gone.json()["reason"]) == ("withdrawn", "No")
    assert program(omar).post(place + "corrections/", body).status_code == 404


# --- One voice everywhere ---------------------------------------------------------------------------------------


def stale_gaps(incident):
    return [gap for gap in gaps_of(Facts.of(incident)) if gap.code == "touchpoint_stale"]


def test_a_place_goes_stale_with_the_core_and_is_right_again_when_somebody_says_so(incident, mei, sam, lena):
    RoleAssignment.assign(incident, "support_liaison", sam, by=lena)
    with pytest.raises(Refused, match="Publish an update to customers first"):
        Touchpoint.write(incident, "social", "Cards fail.", by=mei)
    update = publish(incident, mei)
    Touchpoint.write(incident, "social", "Cards fail.", by=mei)
    Touchpoint.write(incident, "support", "Say that cards fail.", by=sam)
    assert stale_gaps(incident) == []

    update.correct(RIGHT, by=mei, reason="It is Europe only")
    assert {(gap.subject, gap.owner_role, gap.waivable) for gap in stale_gaps(incident)} == {
        ("social:2", "communications_lead", True),
        ("support:2", "support_liaison", True),
    }

    kept = Touchpoint.write(incident, "social", "Cards fail.", by=mei)
    Touchpoint.write(incident, "support", "Say that cards fail in Europe.", by=sam)
    assert (kept.details["kept"], stale_gaps(incident)) == (True, [])


@pytest.mark.parametrize(
    ("who", "place", "text", "code"),
    [
        ("sam", "social", "Cards fail.", "publishing_right"),
        ("tariq", "support", "Cards fail.", "publishing_right"),
        ("stan", "social", "Cards fail.", "responders_only"),
        ("mei", "social", "x" * 281, "too_long"),
        ("mei", "social", " ", "empty"),
    ],
)
def test_who_may_not_and_what_does_not_fit(request, incident, mei, lena, who, place, text, code):
    member = request.getfixturevalue(who)
    publish(incident, mei)

    with pytest.raises(Refused) as refused:
        Touchpoint.write(incident, place, text, by=member)

    assert refused.value.code == code


def test_places_on_the_web_and_by_program(incident, mei, stan, omar, signed_in, program):
    update = publish(incident, mei)
    browser, place = signed_in(mei), url_of(incident, "touchpoints/")
    assert browser.post(place + "social/", {"text": "Cards fail."}).url == place
    update.correct(RIGHT, by=mei, reason="It is Europe only")

    assert "Social text Stale" in words_of(browser.get(place))
    assert "Where customers read: 1 stale" in words_of(browser.get(url_of(incident)))
    (listed,) = program(mei).get(f"/incidents/{incident.number}/touchpoints/").json()["results"]
    assert (listed["place"], listed["stale"], listed["text"]) == ("social", True, "Cards fail.")
    assert program(mei).post(f"/incidents/{incident.number}/touchpoints/", {"place": "social"}).json()["stale"] is False
    assert {signed_in(who).get(place).status_code for who in (stan, omar)} == {404}
    assert browser.get(place + "billboard/").status_code == 404
