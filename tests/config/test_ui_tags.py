"""What templates may use everywhere: links, severity, time, icons and fields."""

import datetime
from types import SimpleNamespace

import lucide
import pytest
import time_machine
from django import forms
from django.http import HttpResponse
from django.template import Context, Template
from django.urls import NoReverseMatch, include, path
from django.utils import timezone

ACME = SimpleNamespace(slug="acme", name="Acme")
NOW = datetime.datetime(2025, 10, 26, 14, 38, 2, tzinfo=datetime.UTC)


def page(request, **kwargs):
    return HttpResponse()


incident_pages = [
    path("", page, name="home"),
    path("incidents/<int:number>/", page, name="detail"),
    path("incidents/<int:number>/roles/<int:role>/", page, name="role"),
]
urlpatterns = [path("o/<slug:org>/", include((incident_pages, "incidents")))]


def render(text, **context):
    return Template(text).render(Context(context))


# --- Addresses ----------------------------------------------------------------------------------


@pytest.mark.urls(__name__)
class TestAddresses:
    def test_a_page_of_the_organisation_one_is_in(self):
        assert render("{% orgurl 'incidents:home' %}", organization=ACME) == "/o/acme/"

    def test_a_lone_number_means_the_incident(self):
        assert render("{% orgurl 'incidents:detail' 42 %}", organization=ACME) == "/o/acme/incidents/42/"

    def test_further_parts_are_named(self):
        text = "{% orgurl 'incidents:role' 42 role=7 as where %}<{{ where }}>"
        assert render(text, organization=ACME) == "</o/acme/incidents/42/roles/7/>"

    def test_the_switcher_names_another_organisation(self):
        text = "{% orgurl 'incidents:home' org='globex' %}"
        assert render(text, organization=None) == "/o/globex/"

    def test_an_unknown_page_is_not_silent(self):
        with pytest.raises(NoReverseMatch):
            render("{% orgurl 'incidents:nowhere' %}", organization=ACME)


# --- Severity, icons, people ---------------------------------------------------------------------


def badge(rank, name="SEV"):
    return render("{% severity_badge it %}", it=SimpleNamespace(slug="x", name=name, rank=rank))


def test_every_severity_has_its_own_shape():
    shapes = {badge(rank).split("<svg")[1].split("</svg>")[0] for rank in (1, 2, 3, 4)}
    assert len(shapes) == 4


def test_severities_that_an_organisation_adds_look_like_the_mildest():
    assert badge(7) == badge(4)


def test_a_severity_is_told_in_its_organisations_word_and_escaped():
    assert "Ka&lt;boom&gt;" in badge(1, "Ka<boom>")


def test_no_severity_yet_draws_nothing():
    assert render("{% severity_badge it %}", it=None) == ""


def test_an_icon_is_decoration_and_carries_no_style():
    drawn = render("{% icon 'megaphone' %}")
    assert drawn.startswith('<svg class="icon" aria-hidden="true"')
    assert "style=" not in drawn
    assert "<path" in drawn


def test_an_unknown_icon_is_not_silent():
    with pytest.raises(lucide.IconDoesNotExist):
        render("{% icon 'no-such-icon' %}")


@pytest.mark.parametrize(
    ("person", "letters"),
    [("Lena Brandt", "LB"), ("Mei", "M"), ("Ana Maria de Souza", "AS"), ("omar@globex.example", "O"), ("", "")],
)
def test_initials(person, letters):
    assert render("{{ person|initials }}", person=person) == letters


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari on iPhone"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("x" * 50, "x" * 40 + "…"),
        ("", "Unknown browser"),
    ],
)
def test_browsers_as_people_say_them(user_agent, words):
    assert render("{{ it|browser }}", it=user_agent) == words


# --- Time ------------------------------------------------------------------------------------------


def test_a_moment_is_read_in_the_viewers_zone_and_names_utc():
    with timezone.override("Europe/Berlin"):
        assert render("{% moment it %}", it=NOW) == (
            '<time datetime="2025-10-26T14:38:02Z" title="2025-10-26 14:38:02 UTC" data-moment="time">15:38</time>'
        )


def test_a_moment_of_another_day_names_the_day():
    assert ">26 Oct 2025, 14:38</time>" in render("{% moment it 'day' %}", it=NOW)


@pytest.mark.parametrize("tag", ["moment", "ago", "elapsed"])
def test_what_has_not_happened_has_no_time(tag):
    assert render(f"{{% {tag} it %}}", it=None) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "under 1 min"),
        (59, "under 1 min"),
        (60, "1 min"),
        (41 * 60 + 59, "41 min"),
        (3600, "1 h 00"),
        (2 * 3600 + 5 * 60, "2 h 05"),
        (86400, "1 d 0 h"),
        (3 * 86400 + 4 * 3600, "3 d 4 h"),
        (-180, "3 min"),
    ],
)
def test_durations_in_words(seconds, words):
    assert render("{{ it|duration }}", it=seconds) == words
    assert render("{{ it|duration }}", it=datetime.timedelta(seconds=seconds)) == words


def test_an_age_for_a_glance():
    with time_machine.travel(NOW, tick=False):
        assert ">just now</time>" in render("{% ago it %}", it=NOW - datetime.timedelta(seconds=59))
        assert ">6 min ago</time>" in render("{% ago it %}", it=NOW - datetime.timedelta(minutes=6))


def test_what_is_over_no_longer_ticks():
    with time_machine.travel(NOW, tick=False):
        began = NOW - datetime.timedelta(minutes=41)
        assert "data-elapsed>41 min<" in render("{% elapsed it %}", it=began)
        over = render("{% elapsed it end %}", it=began, end=began + datetime.timedelta(minutes=5))
    assert ">5 min<" in over
    assert "data-elapsed" not in over


@pytest.mark.parametrize(
    ("left", "state", "words"),
    [
        (22 * 60, "in", "in 22 min"),
        (5 * 60 + 1, "in", "in 5 min"),
        (5 * 60, "soon", "in 5 min"),
        (1, "soon", "in under 1 min"),
        (0, "late", "late under 1 min"),
        (-3 * 60, "late", "late 3 min"),
    ],
)
def test_a_clock_says_in_words_how_it_stands(left, state, words):
    with time_machine.travel(NOW, tick=False):
        chip = render("{% due_chip 'Customers' it %}", it=NOW + datetime.timedelta(seconds=left))
    assert f'data-state="{state}"' in chip
    assert f"data-due>{words}</time>" in chip


def test_an_audience_without_a_clock_says_so():
    chip = render("{% due_chip 'Customers' it %}", it=None)
    assert "Customers: on change" in chip
    assert "<time" not in chip


def test_a_clock_leads_to_its_draft():
    assert '<a href="?audience=customers">' in render("{% due_chip 'Customers' it url='?audience=customers' %}", it=NOW)


# --- Fields -----------------------------------------------------------------------------------------


class DeclareForm(forms.Form):
    title = forms.CharField(label="What is happening?", help_text="One line.")
    severity = forms.ChoiceField(choices=[("sev1", "SEV1"), ("sev2", "SEV2")], widget=forms.RadioSelect)
    password = forms.CharField(widget=forms.PasswordInput(attrs={"placeholder": "Password"}), required=False)
    drill = forms.BooleanField(required=False)
    source = forms.CharField(widget=forms.HiddenInput, required=False)


def test_a_field_is_wired_to_its_label_hint_and_error():
    drawn = render("{% field form.title %}", form=DeclareForm({}))
    assert '<label for="id_title">What is happening?</label>' in drawn
    assert '<div class="field__hint" id="id_title_hint">One line.</div>' in drawn
    assert 'id="id_title_error">Error: This field is required.' in drawn
    assert 'aria-describedby="id_title_hint id_title_error"' in drawn
    assert 'aria-invalid="true"' in drawn


def test_a_field_in_order_describes_only_its_hint():
    drawn = render("{% field form.title %}", form=DeclareForm())
    assert 'aria-describedby="id_title_hint"' in drawn
    assert "aria-invalid" not in drawn


def test_choices_are_one_group_with_a_legend():
    drawn = render("{% field form.severity %}", form=DeclareForm())
    assert "<fieldset" in drawn
    assert "<legend>Severity</legend>" in drawn
    assert drawn.count('type="radio"') == 2


def test_a_password_can_be_shown_and_has_no_placeholder_for_a_label():
    drawn = render("{% field form.password placeholder=False %}", form=DeclareForm())
    assert "<password-reveal>" in drawn
    assert "placeholder" not in drawn
    assert "(optional)" in drawn


def test_a_checkbox_stands_before_its_label():
    drawn = render("{% field form.drill %}", form=DeclareForm())
    assert drawn.index("<input") < drawn.index("<label")


def test_a_hidden_field_has_no_label():
    drawn = render("{% field form.source %}", form=DeclareForm()).strip()
    assert drawn == '<input type="hidden" name="source" id="id_source">'


def test_the_summary_takes_focus_and_leads_to_every_wrong_field():
    drawn = render("{% error_summary form %}", form=DeclareForm({}))
    assert "autofocus" in drawn
    assert '<a href="#id_title">What is happening? This field is required.</a>' in drawn
    assert '<a href="#id_severity_0">Severity: This field is required.</a>' in drawn


def test_nothing_wrong_needs_no_summary():
    assert render("{% error_summary form %}", form=DeclareForm()).strip() == ""
