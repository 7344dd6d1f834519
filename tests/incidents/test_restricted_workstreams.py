"""Restricted workstreams: to everybody they are not opened to, in the same incident, they do not exist."""

import pytest

from incidents import frames, kinds
from incidents.models import Message, Workstream
from incidents.models.timeline import Reach
from incidents.models.workstreams import reach_of, restricted_in
from teams.errors import Refused
from teams.models import Function
from tests.factories import declare_incident, open_workstream, post_message
from tests.incidents.pages import queries_of, url_of, words_of
from tests.listening import Listener, act, member, session_of

SECRET = "Payroll was read"
WORD = "swordfish"


@pytest.fixture
def incident(lena):
    return declare_incident(lena)


@pytest.fixture
def support():
    return Function.objects.get(slug="support")


@pytest.fixture
def secret(incident, lena, tariq, support):
    """Tariq's, and open to Support; neither Mei nor Ruth may know of it."""
    stream = open_workstream(incident, SECRET, by=lena, owner=tariq, restricted=True, functions=[support])
    post_message(incident, f"The key is {WORD}, @mei @sam", by=tariq, workstream=stream)
    return stream


def titles(incident, member):
    return [stream.title for stream in incident.workstreams.visible_to(member).in_order()]


# --- Who may know of it -----------------------------------------------------------------------------


def test_its_owner_its_readers_and_administrators_see_it_and_nobody_else(
    incident, secret, lena, tariq, sam, ada, mei, stan
):
    for reader in (lena, tariq, sam, ada):
        assert titles(incident, reader) == ["General", SECRET]
    assert titles(incident, mei) == ["General"]
    assert titles(incident, stan) == []


@pytest.mark.parametrize("name", ["lena", "tariq", "sam", "ada", "mei", "ruth", "stan"])
def test_the_database_and_the_predicate_say_the_same(request, incident, secret, name):
    someone = request.getfixturevalue(name)
    (stream,) = restricted_in({incident.pk})[incident.pk]

    assert stream.is_open_to(someone) == Workstream.objects.visible_to(someone).filter(pk=secret.pk).exists()
    assert stream.is_open_to(someone) != Workstream.objects.hidden_from(someone).filter(pk=secret.pk).exists()
    reach = reach_of(someone, [stream])
    assert list(incident.timeline.within(reach).in_order()) == list(incident.timeline.visible_to(someone).in_order())


def test_the_timeline_has_nothing_of_it_and_no_gap_to_notice(incident, secret, tariq, mei):
    hidden = incident.timeline.filter(workstream=secret)

    assert {entry.kind for entry in hidden} == {"workstream_opened", "message_posted"}
    assert set(hidden) <= set(incident.timeline.visible_to(tariq))
    assert not set(hidden) & set(incident.timeline.visible_to(mei))
    incident.refresh_from_db()
    assert incident.last_number_for(tariq) == incident.last_number
    assert incident.last_number_for(mei) == incident.timeline.visible_to(mei).latest_first().first().number


def test_an_entry_that_only_names_it_is_hidden_too(incident, secret, tariq, mei):
    general = incident.workstreams.in_order().first()
    incident.lock()

    entry = incident.record(kinds.WORKSTREAM_CHANGED, by=tariq, workstream=general, beside=secret, title=SECRET)

    assert entry.needs == Reach(kinds.Visibility.ROOM, frozenset({secret.pk}))
    assert entry in incident.timeline.visible_to(tariq)
    assert entry not in incident.timeline.visible_to(mei)
    assert incident.first_break() is None


def test_who_may_not_read_it_is_not_called_there(secret, sam):
    message = Message.objects.get(workstream=secret)

    assert [mention.membership for mention in message.mentions.all()] == [sam]


# --- Restricting and opening up -----------------------------------------------------------------------


def test_its_owner_restricts_it_and_keeps_it(incident, mei, ruth, sam):
    stream = open_workstream(incident, SECRET, by=mei, owner=mei)

    entry = stream.restrict(by=mei, members=[ruth])

    assert (entry.kind, entry.details) == (
        "workstream_restricted",
        {"title": SECRET, "readers": ["Mei Tanaka", "Ruth Meyer"]},
    )
    assert titles(incident, mei) == titles(incident, ruth) == ["General", SECRET]
    assert titles(incident, sam) == ["General"]


def test_what_was_said_before_it_was_restricted_is_hidden_as_well(incident, lena, tariq, mei):
    stream = open_workstream(incident, SECRET, by=lena)
    post_message(incident, WORD, by=lena, workstream=stream)
    assert Message.objects.visible_to(mei).exists()

    stream.restrict(by=lena)

    assert not Message.objects.visible_to(mei).exists()
    assert titles(incident, tariq) == ["General"]


def test_for_whom_it_is_can_be_changed(incident, secret, lena, sam, ruth):
    entry = secret.restrict(by=lena, members=[ruth])

    assert (entry.kind, entry.details["readers"]) == ("workstream_readers_changed", ["Lena Fischer", "Ruth Meyer"])
    assert titles(incident, sam) == ["General"]
    assert titles(incident, ruth) == ["General", SECRET]
    with pytest.raises(Refused) as again:
        secret.restrict(by=lena, members=[ruth])
    assert again.value.code == "unchanged"


def test_opened_up_everybody_reads_it_from_its_first_word_on(incident, secret, tariq, mei):
    entry = secret.open_up(by=tariq)

    assert (entry.kind, entry.details) == ("workstream_unrestricted", {"title": SECRET})
    assert titles(incident, mei) == ["General", SECRET]
    assert Message.objects.visible_to(mei).filter(workstream=secret).exists()
    assert not secret.readers.exists()
    with pytest.raises(Refused) as again:
        secret.open_up(by=tariq)
    assert again.value.code == "unchanged"


def test_the_lead_its_owner_and_administrators_decide(incident, secret, ada, sam, tariq, lena):
    open_one = open_workstream(incident, "Roll back", by=tariq, owner=tariq)

    for refuse in (
        lambda: secret.open_up(by=sam),
        lambda: open_one.restrict(by=sam),
        lambda: open_workstream(incident, "Mine", by=sam, restricted=True),
    ):
        with pytest.raises(Refused) as refused:
            refuse()
        assert refused.value.code == "restriction_right"

    open_one.restrict(by=ada)
    assert open_workstream(incident, "Mine", by=sam, owner=sam, restricted=True).restricted


def test_the_general_one_stays_everybodys(incident, lena):
    with pytest.raises(Refused) as refused:
        incident.workstreams.get().restrict(by=lena)

    assert refused.value.code == "general_stream"


def test_a_stakeholder_is_never_a_reader(incident, lena, stan):
    with pytest.raises(Refused) as refused:
        open_workstream(incident, SECRET, by=lena, restricted=True, members=[stan])

    assert refused.value.code == "responders_only"


# --- What others receive -------------------------------------------------------------------------------

PAGES = (
    "", "?stream=all", "?stream=timeline", "?stream={pk}", "timeline/?system=1", "timeline/?kind=workstream_opened",
    "streams/", "conversation/?stream=all", "resolution/", "people/", "gaps/", "updates/",
)  # fmt: skip
GONE = ("workstreams/{pk}/", "workstreams/{pk}/messages/", "workstreams/{pk}/readers/")
OF_PROGRAMS = ("", "workstreams/", "timeline/", "waivers/", "participants/")


@pytest.mark.parametrize("page", PAGES)
def test_no_page_tells_others_of_it(incident, secret, tariq, mei, signed_in, page):
    theirs = signed_in(mei).get(url_of(incident, page.format(pk=secret.pk)), follow=True)

    assert theirs.status_code == 200
    assert SECRET not in words_of(theirs)
    assert WORD not in theirs.content.decode()
    assert f"tab-{secret.pk}" not in theirs.content.decode()


def test_its_readers_find_it_where_others_do_not(incident, secret, tariq, mei, signed_in):
    page = signed_in(tariq).get(url_of(incident, f"?stream={secret.pk}")).content.decode()

    assert SECRET in page
    assert WORD in page
    for place in GONE:
        path = url_of(incident, place.format(pk=secret.pk))
        assert signed_in(tariq).get(path, follow=True).status_code == 200
        assert signed_in(mei).get(path).status_code == 404
        assert signed_in(mei).post(path, {"text": "Hello", "title": "Mine"}).status_code == 404
    message = Message.objects.get(workstream=secret)
    for place in ("", "versions/", "deletion/"):
        path = url_of(incident, f"messages/{message.pk}/{place}")
        assert signed_in(tariq).get(path).status_code == 200
        assert signed_in(mei).get(path).status_code == 404


@pytest.mark.parametrize("path", OF_PROGRAMS)
def test_no_program_is_told_of_it(incident, secret, tariq, mei, program, path):
    answer = program(mei).get(f"/incidents/{incident.number}/{path}")

    assert answer.status_code == 200
    assert SECRET not in answer.content.decode()
    assert WORD not in answer.content.decode()


def test_a_program_cannot_reach_it_by_number(incident, secret, tariq, mei, program):
    base = f"/incidents/{incident.number}"
    message = Message.objects.get(workstream=secret)

    for path in (f"{base}/workstreams/{secret.pk}/", f"{base}/workstreams/{secret.pk}/messages/",
                 f"{base}/messages/{message.pk}/"):  # fmt: skip
        assert program(tariq).get(path).status_code == 200
        assert program(mei).get(path).status_code == 404
    incident.refresh_from_db()
    assert program(tariq).get(f"{base}/").json()["last_entry"] == incident.last_number
    assert program(mei).get(f"{base}/").json()["last_entry"] < incident.last_number


def test_the_page_listens_from_the_last_entry_its_reader_may_know_of(incident, secret, mei, signed_in):
    page = signed_in(mei).get(url_of(incident)).content.decode()

    assert f'after="{incident.last_number_for(mei)}"' in page
    incident.refresh_from_db()
    assert f'after="{incident.last_number}"' not in page


def test_a_page_costs_the_same_with_a_restricted_workstream(incident, lena, mei, support, signed_in):
    browser = signed_in(mei)
    browser.get(url_of(incident))
    before = queries_of(lambda: browser.get(url_of(incident)))

    for number in range(3):
        open_workstream(incident, f"{SECRET} {number}", by=lena, restricted=True, functions=[support])

    assert queries_of(lambda: browser.get(url_of(incident))) == before


# --- On the page and over the interface --------------------------------------------------------------------


def test_the_owner_restricts_it_on_a_page_and_opens_it_again(incident, tariq, mei, support, signed_in):
    stream = open_workstream(incident, "Roll back", by=tariq, owner=tariq)
    path = url_of(incident, f"workstreams/{stream.pk}/readers/")

    restricted = signed_in(tariq).post(path, {"restricted": "on", "functions": [support.pk]})

    assert restricted.status_code == 302
    assert titles(incident, mei) == ["General"]
    assert "checked" in signed_in(tariq).get(path).content.decode()
    opened = signed_in(tariq).post(path, {}, headers={"HX-Request": "true"})
    assert (opened.status_code, "live-streams" in opened["HX-Trigger"]) == (204, True)
    assert titles(incident, mei) == ["General", "Roll back"]


def test_whoever_may_not_is_told_so(incident, tariq, sam, signed_in):
    stream = open_workstream(incident, "Roll back", by=tariq, owner=tariq)

    answer = signed_in(sam).post(url_of(incident, f"workstreams/{stream.pk}/readers/"), {"restricted": "on"})

    assert answer.status_code == 409
    assert "owner or an administrator restricts a workstream" in words_of(answer)


def test_a_program_restricts_and_opens_up(incident, lena, mei, ruth, program):
    base = f"/incidents/{incident.number}/workstreams/"
    lenas = program(lena)

    opened = lenas.post(base, {"title": SECRET, "restricted": True, "members": ["ruth@acme.test"]})
    path = f"{base}{opened.json()['id']}/readers/"

    assert (opened.status_code, opened.json()["restricted"]) == (201, True)
    assert lenas.get(path).json() == {
        "restricted": True,
        "functions": [],
        "members": ["ruth@acme.test", "lena@acme.test"],
    }
    assert program(mei).get(path).status_code == 404
    for _ in range(2):
        assert lenas.put(path, {"functions": ["communications"]}).status_code == 200
    assert program(mei).get(path).json()["functions"] == ["communications"]
    assert program(ruth).get(path).status_code == 404
    for _ in range(2):
        assert lenas.delete(path).json()["restricted"] is False
    assert program(ruth).get(path).status_code == 200


# --- Over the socket -------------------------------------------------------------------------------------


@pytest.fixture
def live_secret(acme_live):
    """The secret in a live incident: Tariq owns it."""

    def arrange():
        return open_workstream(
            acme_live.incident, SECRET, by=acme_live.lena, owner=acme_live.tariq, restricted=True
        )  # fmt: skip

    return acme_live.now(arrange)


async def test_others_hear_neither_frames_nor_gaps(acme_live, live_secret):
    mei = mei_of(acme_live)
    start = acme_live.now(lambda: acme_live.incident.last_number_for(mei))

    async with (
        Listener(acme_live.path(), session=session_of(mei)) as outside,
        Listener(acme_live.path(), session=acme_live.session) as inside,
    ):
        *story, ready = await outside.until("ready")
        assert ready["number"] == story[-1]["number"] == start
        assert ready["restricted"] == []
        *theirs, begun = await inside.until("ready")
        assert begun["restricted"] == [live_secret.pk]
        await act(
            acme_live.organization, post_message, acme_live.incident, WORD, by=acme_live.tariq, workstream=live_secret
        )
        said = await inside.next()
        while said["kind"] != "message_posted":
            said = await inside.next()
        await acme_live.posts("Said to all.")
        heard = await outside.next()

    assert said["details"]["text"] == WORD
    assert (heard["kind"], heard["details"]["text"], heard["previous"]) == ("message_posted", "Said to all.", start)
    assert SECRET not in str(story) + str(heard)
    assert WORD not in str(story) + str(heard)
    assert SECRET in str(theirs)


async def test_typing_there_is_not_told_to_others(acme_live, live_secret, monkeypatch):
    monkeypatch.setattr("incidents.presence.SPACING_SECONDS", 0.1)
    async with (
        Listener(acme_live.path(acme_live.last), session=session_of(acme_live.ada)) as reader,
        Listener(acme_live.path(acme_live.last), session=acme_live.session) as writer,
        Listener(acme_live.path(acme_live.last), session=session_of(mei_of(acme_live))) as outside,
    ):
        for ear in (reader, writer, outside):
            await ear.until("ready")
        await writer.say({"type": "typing", "stream": live_secret.pk})
        shown = await until_typing(reader)
        heard = [(await outside.until("presence"))[-1] for _ in range(1)]

    assert shown["typing"] == {str(live_secret.pk): [acme_live.tariq.pk]}
    assert all(frame["typing"] == {} for frame in heard)


async def test_who_loses_the_right_is_let_go_before_the_next_word(acme_live, live_secret):
    mei = mei_of(acme_live)
    await act(acme_live.organization, live_secret.restrict, by=acme_live.lena, members=[mei])

    async with Listener(acme_live.path(acme_live.last), session=session_of(mei)) as ear:
        ready = (await ear.until("ready"))[-1]
        assert ready["restricted"] == [live_secret.pk]
        await act(acme_live.organization, live_secret.restrict, by=acme_live.lena, members=[acme_live.ada])
        await act(
            acme_live.organization, post_message, acme_live.incident, WORD, by=acme_live.tariq, workstream=live_secret
        )
        said, code = await ear.to_the_end()
    async with Listener(acme_live.path(), session=session_of(mei)) as again:
        *story, ready = await again.until("ready")

    assert code == 1012
    assert WORD not in str(said) + str(story)
    assert ready["restricted"] == []


async def test_who_gains_the_right_comes_back_to_all_of_it(acme_live, live_secret):
    mei = mei_of(acme_live)

    async with Listener(acme_live.path(acme_live.last), session=session_of(mei)) as ear:
        await ear.until("ready")
        await act(acme_live.organization, live_secret.restrict, by=acme_live.lena, members=[mei])
        _, code = await ear.to_the_end()
    async with Listener(acme_live.path(), session=session_of(mei)) as again:
        *story, ready = await again.until("ready")

    assert code == 1012
    assert SECRET in str(story)
    assert ready["restricted"] == [live_secret.pk]


async def test_a_workstream_that_becomes_restricted_lets_everybody_look_again(acme_live):
    stream = acme_live.now(open_workstream, acme_live.incident, SECRET, by=acme_live.lena, owner=acme_live.lena)
    mei = mei_of(acme_live)

    async with Listener(acme_live.path(acme_live.last), session=session_of(mei)) as ear:
        await ear.until("ready")
        await act(acme_live.organization, stream.restrict, by=acme_live.lena)
        said, code = await ear.to_the_end()
    async with Listener(acme_live.path(), session=session_of(mei)) as again:
        *story, _ = await again.until("ready")

    assert code == 1012
    assert SECRET not in str(said) + str(story)


async def test_one_rendering_serves_everybody_whatever_they_may_see(acme_live, live_secret, monkeypatch):
    drawn = []
    original = frames.fragments_of
    monkeypatch.setattr(
        frames, "fragments_of", lambda entry, *more: drawn.append(entry.number) or original(entry, *more)
    )

    async with (
        Listener(acme_live.path(acme_live.last), session=acme_live.session) as one,
        Listener(acme_live.path(acme_live.last), session=session_of(mei_of(acme_live))) as other,
    ):
        await one.until("ready")
        await other.until("ready")
        await acme_live.posts("For all.")
        await one.next()
        await other.next()

    assert len(drawn) == len(set(drawn))


def mei_of(acme_live):
    return member(acme_live.organization, "mei")


async def until_typing(ear):
    while True:
        frame = (await ear.until("presence"))[-1]
        if frame["typing"]:
            return frame
