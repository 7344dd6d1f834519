"""Talking in a workstream: once each, safely, and with a way to take it back."""

import re

import pytest
from django.utils.html import escape

from incidents.models import Message
from tests.factories import declare_incident, open_workstream, post_message


@pytest.fixture
def incident(lena):
    return declare_incident(lena)


@pytest.fixture
def general(incident):
    return incident.workstreams.get()


def thread_of(workstream):
    return f"/o/acme/incidents/{workstream.incident.number}/workstreams/{workstream.pk}/messages/"


def page_of(message, rest=""):
    return f"/o/acme/incidents/{message.incident.number}/messages/{message.pk}/{rest}"


def key_in(response):
    return re.search(r'name="key" value="([0-9a-f-]{36})"', response.content.decode())[1]


# --- Saying something -------------------------------------------------------------------------------


def test_a_plain_form_posts_and_leads_back_to_the_thread(tariq, general, signed_in):
    answer = signed_in(tariq).post(thread_of(general), {"text": "Draining."})

    message = Message.objects.get()
    assert (message.author, message.text, message.workstream) == (tariq, "Draining.", general)
    assert answer.url == f"/o/acme/incidents/1/?stream={general.pk}#m-{message.pk}"


def test_htmx_gets_the_line_and_an_empty_composer_with_a_new_key(tariq, general, signed_in):
    browser = signed_in(tariq)
    first = key_in(browser.get("/o/acme/incidents/1/"))

    answer = browser.post(thread_of(general), {"text": "Draining.", "key": first}, headers={"HX-Request": "true"})

    html = answer.content.decode()
    assert f'<ol hx-swap-oob="beforeend:#stream-{general.pk}-items"><' in html.replace(">\n<", "><").replace("\n", "")
    assert f'id="m-{Message.objects.get().pk}"' in html
    assert "></textarea>" in html
    assert key_in(answer) != first
    assert answer["HX-Trigger"] == f"live-timeline, live-stream-{general.pk}, acted"


def test_a_double_click_posts_once(tariq, general, signed_in):
    browser = signed_in(tariq)
    form = {"text": "Draining.", "key": key_in(browser.get("/o/acme/incidents/1/"))}

    first, second = (browser.post(thread_of(general), form) for _ in range(2))

    assert first.url == second.url
    assert Message.objects.count() == 1


def test_two_forms_post_twice(tariq, general, signed_in):
    browser = signed_in(tariq)

    for _ in range(2):
        browser.post(
            thread_of(general), {"text": "Still draining.", "key": key_in(browser.get("/o/acme/incidents/1/"))}
        )

    assert Message.objects.count() == 2


@pytest.mark.parametrize("text", ["", "   \n", "x" * 20_001])
def test_what_cannot_be_posted_is_explained_and_kept(tariq, general, signed_in, text):
    answer = signed_in(tariq).post(thread_of(general), {"text": text, "key": "k"}, headers={"HX-Request": "true"})

    assert answer.status_code == 422
    html = answer.content.decode()
    assert 'class="field__error"' in html
    assert f">{escape(text)}</textarea>" in html.replace("\n", "") or not text.strip()
    assert Message.objects.count() == 0


def test_without_javascript_an_empty_message_is_a_page_that_says_so(tariq, general, signed_in):
    answer = signed_in(tariq).post(thread_of(general), {"text": ""})

    assert answer.status_code == 422
    assert "Write something first." in answer.content.decode()
    assert "<html" in answer.content.decode()


def test_a_stakeholder_has_no_thread(tariq, stan, general, signed_in):
    assert signed_in(tariq).post(thread_of(general), {"text": "Hello"}).status_code == 302

    assert signed_in(stan).post(thread_of(general), {"text": "Hello"}).status_code == 404
    assert Message.objects.count() == 1


def test_an_outsider_has_no_thread(omar, general, signed_in):
    assert signed_in(omar).post(thread_of(general), {"text": "Hello"}).status_code == 404
    assert Message.objects.count() == 0


def test_a_thread_of_another_incident_is_not_found(lena, tariq, general, signed_in):
    other = declare_incident(lena)

    answer = signed_in(tariq).post(
        f"/o/acme/incidents/{other.number}/workstreams/{general.pk}/messages/", {"text": "Hello"}
    )

    assert answer.status_code == 404


def test_markdown_is_drawn_and_scripts_are_not(tariq, general, signed_in):
    hostile = "**bold** <script>alert(1)</script> [x](javascript:alert(1)) ![y](https://evil.example/p.png)"
    post_message(general.incident, hostile, by=tariq)

    html = signed_in(tariq).get("/o/acme/incidents/1/").content.decode()

    thread = html[html.index('<div class="msg__text"') :].split("</li>")[0]
    assert "<strong>bold</strong>" in thread
    assert "&lt;script&gt;" in thread
    assert "<script" not in thread
    assert 'href="javascript' not in thread
    assert "<img" not in thread


def test_a_member_is_called_by_the_name_in_their_address(lena, tariq, mei, general, signed_in):
    signed_in(tariq).post(thread_of(general), {"text": "@mei can you tell customers? cc lena"})

    assert [mention.membership for mention in Message.objects.get().mentions.all()] == [mei]


# --- Reading ----------------------------------------------------------------------------------------


def test_the_newest_fifty_are_shown_and_the_rest_is_one_link_away(lena, general, signed_in):
    said = [post_message(general.incident, f"word {number}", by=lena) for number in range(60)]
    browser = signed_in(lena)

    page = browser.get(f"/o/acme/incidents/1/?stream={general.pk}").content.decode()
    assert shown(page) == [message.pk for message in said[10:]]
    assert f"?stream={general.pk}&amp;before={said[10].pk}" in page

    older = browser.get(
        f"/o/acme/incidents/1/conversation/?stream={general.pk}&before={said[10].pk}", headers={"HX-Request": "true"}
    ).content.decode()
    assert shown(older) == [message.pk for message in said[:10]]
    assert "Load earlier" not in older


def test_without_javascript_an_older_page_says_how_to_come_back(lena, general, signed_in):
    said = [post_message(general.incident, f"word {number}", by=lena) for number in range(3)]

    page = signed_in(lena).get(f"/o/acme/incidents/1/?stream={general.pk}&before={said[2].pk}").content.decode()

    assert shown(page) == [said[0].pk, said[1].pk]
    assert "Back to the newest" in page
    # News would leave a gap there, so this list does not grow.
    assert f'data-append="stream-{general.pk}"' not in page


def test_all_threads_are_one_by_time(lena, general, signed_in):
    other = open_workstream(general.incident, "Drain the queue", by=lena)
    said = [
        post_message(general.incident, "one", by=lena, workstream=general),
        post_message(general.incident, "two", by=lena, workstream=other),
        post_message(general.incident, "three", by=lena, workstream=general),
    ]
    browser = signed_in(lena)

    everything = browser.get("/o/acme/incidents/1/?stream=all").content.decode()
    assert shown(everything) == [message.pk for message in said]
    assert f'data-append="stream-{general.pk} stream-{other.pk}"' in everything
    assert shown(browser.get(f"/o/acme/incidents/1/?stream={other.pk}").content.decode()) == [said[1].pk]


@pytest.mark.parametrize("stream", ["999999", "nonsense", "", "-1"])
def test_a_stream_that_does_not_exist_falls_back_to_the_first(lena, general, signed_in, stream):
    message = post_message(general.incident, by=lena)

    page = signed_in(lena).get("/o/acme/incidents/1/", {"stream": stream, "before": "x" * 50})

    assert page.status_code == 200
    assert shown(page.content.decode()) == [message.pk]


def shown(html):
    return [int(pk) for pk in re.findall(r'<li class="msg" id="m-(\d+)"', html)]


# --- Taking it back -----------------------------------------------------------------------------------


def test_the_author_edits_and_the_earlier_words_are_kept(tariq, general, signed_in):
    message = post_message(general.incident, "Drianing.", by=tariq)
    browser = signed_in(tariq)

    browser.post(page_of(message), {"text": "Draining."})

    message.refresh_from_db()
    assert (message.text, message.version) == ("Draining.", 2)
    assert ">edited</a>" in browser.get("/o/acme/incidents/1/").content.decode()
    assert "Drianing." in browser.get(page_of(message, "versions/")).content.decode()


def test_nobody_else_edits_and_what_they_typed_is_kept(lena, tariq, general, signed_in):
    message = post_message(general.incident, "Draining.", by=tariq)

    answer = signed_in(lena).post(page_of(message), {"text": "Nonsense."})

    assert answer.status_code == 409
    assert "Only its author edits a message." in answer.content.decode()
    message.refresh_from_db()
    assert message.text == "Draining."


def test_an_edit_that_changes_nothing_says_so(tariq, general, signed_in):
    message = post_message(general.incident, "Draining.", by=tariq)

    answer = signed_in(tariq).post(page_of(message), {"text": "Draining."})

    assert answer.status_code == 422
    assert "Nothing was changed." in answer.content.decode()
    assert message.versions.count() == 0


def test_deleting_leaves_a_tombstone_and_no_words(tariq, lena, general, signed_in):
    message = post_message(general.incident, "The password is hunter2.", by=tariq)
    message.edit("The password was hunter2.", by=tariq)
    assert "hunter2" in signed_in(lena).get("/o/acme/incidents/1/").content.decode()

    signed_in(tariq).post(page_of(message, "deletion/"), {"reason": "It held a password"})

    browser = signed_in(lena)
    page = browser.get("/o/acme/incidents/1/").content.decode()
    assert "Deleted by Tariq Haddad: It held a password" in page
    for rest in ("", "versions/", "deletion/"):
        assert "hunter2" not in browser.get(page_of(message, rest)).content.decode()
    assert "hunter2" not in browser.get("/o/acme/incidents/1/timeline/?system=1").content.decode()


def test_deleting_needs_a_reason(tariq, general, signed_in):
    message = post_message(general.incident, by=tariq)

    assert signed_in(tariq).post(page_of(message, "deletion/"), {"reason": ""}).status_code == 422
    message.refresh_from_db()
    assert message.deleted_at is None


def test_an_administrator_deletes_what_others_wrote_and_a_responder_does_not(tariq, ada, mei, general, signed_in):
    message = post_message(general.incident, by=tariq)

    assert signed_in(mei).post(page_of(message, "deletion/"), {"reason": "No"}).status_code == 409
    assert signed_in(ada).post(page_of(message, "deletion/"), {"reason": "Personal data"}).status_code == 302

    message.refresh_from_db()
    assert (message.deleted_by, message.text) == (ada, "")


def test_only_the_author_is_offered_to_edit(lena, tariq, general, signed_in):
    message = post_message(general.incident, by=tariq)

    assert "Save the new wording" in signed_in(tariq).get(page_of(message)).content.decode()
    assert "Save the new wording" not in signed_in(lena).get(page_of(message)).content.decode()


def test_a_stakeholder_and_an_outsider_find_no_message(stan, omar, tariq, general, signed_in):
    message = post_message(general.incident, by=tariq)

    for rest in ("", "versions/", "deletion/"):
        assert signed_in(tariq).get(page_of(message, rest)).status_code == 200
        assert signed_in(stan).get(page_of(message, rest)).status_code == 404
        assert signed_in(omar).get(page_of(message, rest)).status_code == 404


def test_the_line_in_a_frame_is_the_same_for_everybody(lena, tariq, general):
    """What travels over the socket knows no viewer."""
    from incidents.fragments import attach_messages, fragments_of

    message = post_message(general.incident, "Draining.", by=tariq)
    entry = general.incident.timeline.for_reading().get(pk=message.entry_id)

    html = fragments_of(*attach_messages([entry]))

    assert set(html) == {"timeline", f"stream-{general.pk}"}
    line = html[f"stream-{general.pk}"]
    assert line.startswith(f'<li class="msg" id="m-{message.pk}"')
    assert f'data-author="{tariq.pk}"' in line
    assert "data-mine" not in html[f"stream-{general.pk}"]
    assert f'id="e-{entry.number}"' in html["timeline"]
