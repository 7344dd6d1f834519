"""Tags and filters that every template may use without loading them: links, severity, time, icons, fields."""

import datetime
from functools import lru_cache

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from lucide.templatetags.lucide import lucide

register = template.Library()

SOON = datetime.timedelta(minutes=5)
MINUTE, HOUR, DAY = 60, 3600, 86400
MOMENT_FORMATS = {"time": "H:i", "date": "j M Y", "day": "j M Y, H:i"}
GLYPHS = {
    1: '<path d="M5 0h6l5 5v6l-5 5H5l-5-5V5z"/>',
    2: '<path d="M8 1l8 14H0z"/>',
    3: '<path d="M8 0l8 8-8 8-8-8z"/>',
    4: '<path fill-rule="evenodd" d="M8 0a8 8 0 1 1 0 16A8 8 0 0 1 8 0zm0 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z"/>',
}
LAST_RANK = max(GLYPHS)
# Nearly every browser claims to be its neighbours too: the more particular sign comes first.
BROWSERS = [("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]
SYSTEMS = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
]


@register.simple_tag(takes_context=True)
def orgurl(context, name, number=None, **kwargs):
    """The address of a page of the current organisation; a lone positional argument is an incident's number."""
    if number is not None:
        kwargs["number"] = number
    if "org" not in kwargs:
        kwargs["org"] = context["organization"].slug
    return reverse(name, kwargs=kwargs)


# --- Severity, icons, people -------------------------------------------------------------------


@register.simple_tag
def severity_badge(severity):
    """Shape, word and colour of a severity; nothing while an incident has none."""
    if severity is None:
        return ""
    rank = min(severity.rank, LAST_RANK)
    return format_html(
        '<span class="sev sev--{}"><svg class="glyph" aria-hidden="true" viewBox="0 0 16 16">{}</svg> {}</span>',
        rank,
        mark_safe(GLYPHS[rank]),  # noqa: S308  (our own constant)
        severity.name,
    )


@register.simple_tag
def icon(name, variant=""):
    """A decoration beside a word, hidden from assistive technology; an unknown name raises."""
    return _icon(str(name), str(variant))


@lru_cache(maxsize=256)
def _icon(name, variant):
    drawn = lucide(name, size=None)
    shapes = drawn[drawn.index(">") + 1 : drawn.rindex("</svg>")].strip()
    return format_html(
        '<svg class="icon{}" aria-hidden="true" viewBox="0 0 24 24">{}</svg>',
        f" icon--{variant}" if variant else "",
        mark_safe(" ".join(shapes.split())),  # noqa: S308  (drawn by the icon package, name chosen by a template)
    )


@register.filter
def initials(person):
    """At most two letters for a name or an address: `Maya Rossi` is MR, `lena@acme.example` is L."""
    words = str(person).split("@")[0].split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.filter
def browser(user_agent):
    """A user agent as people say it, `Firefox on Linux`; one we do not know stays as it came, cut short."""
    name = next((name for sign, name in BROWSERS if sign in user_agent), None)
    system = next((name for sign, name in SYSTEMS if sign in user_agent), None)
    if name and system:
        return f"{name} on {system}"
    return name or f"{user_agent[:40]}{'…' * (len(user_agent) > 40)}" or "Unknown browser"


# --- Time ------------------------------------------------------------------------------------------


def _iso(value):
    return value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _title(value):
    return value.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


@register.simple_tag
def moment(value, style="time"):
    """An exact time in the viewer's zone, UTC on hover; styles: `time` 16:38, `day` 26 Oct 2025, 16:38, `date`."""
    if value is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}" data-moment="{}">{}</time>',
        _iso(value),
        _title(value),
        style,
        format_date(timezone.localtime(value), MOMENT_FORMATS[style]),
    )


@register.simple_tag
def ago(value):
    """How long since, for a glance: `6 min ago`. The page keeps it current."""
    if value is None:
        return ""
    passed = timezone.now() - value
    words = "just now" if passed.total_seconds() < MINUTE else f"{duration(passed)} ago"
    return format_html('<time datetime="{}" title="{}" data-ago>{}</time>', _iso(value), _title(value), words)


@register.simple_tag
def elapsed(value, until=None):
    """How long something has lasted: `41 min`; it stands still once `until` is known."""
    if value is None:
        return ""
    words = duration((until or timezone.now()) - value)
    ticking = "" if until else mark_safe(" data-elapsed")
    return format_html('<time datetime="{}" title="{}"{}>{}</time>', _iso(value), _title(value), ticking, words)


@register.filter
def duration(value):
    """A timedelta, or seconds, in words: `under 1 min`, `41 min`, `2 h 05`, `3 d 4 h`."""
    seconds = value.total_seconds() if isinstance(value, datetime.timedelta) else value
    if seconds is None or seconds == "":
        return ""
    seconds = int(abs(seconds))
    if seconds < MINUTE:
        return "under 1 min"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < DAY:
        return f"{seconds // HOUR} h {seconds % HOUR // MINUTE:02}"
    return f"{seconds // DAY} d {seconds % DAY // HOUR} h"


@register.inclusion_tag("ui/_due.html")
def due_chip(name, due_at, url="", idle="on change", anchor=""):
    """One audience's next-update clock as a list item; `idle` is the word where nothing is due.

    `anchor` is the id of its link, which a region needs to keep the focus over a refetch.
    """
    chip = {"name": name, "url": url, "words": idle, "state": "idle", "anchor": anchor}
    if due_at is None:
        return chip
    left = due_at - timezone.now()
    late = left <= datetime.timedelta()
    return chip | {
        "state": "late" if late else "soon" if left <= SOON else "in",
        "words": f"{'late' if late else 'in'} {duration(left)}",
        "iso": _iso(due_at),
        "title": _title(due_at),
    }


# --- Forms -------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/_field.html")
def field(bound, hint=None, **attrs):
    """A bound field with its label, hint, error and control, wired together by ids.

    Further keywords become attributes of the control (`rows=3`, `placeholder=False`); underscores read as dashes.
    What a form that may be kept unfinished asks for in the end has `wanted`, and is not called optional.
    """
    hint = bound.help_text if hint is None else hint
    control = {name.replace("_", "-"): value for name, value in attrs.items()}
    described = [f"{bound.auto_id}_hint"] if hint else []
    if bound.errors:
        described.append(f"{bound.auto_id}_error")
        control["aria-invalid"] = "true"
    described = " ".join(described)
    if described and not bound.use_fieldset:
        control["aria-describedby"] = described
    return {
        "field": bound,
        "hint": hint,
        "described": described,
        "kind": _kind(bound),
        "control": bound.as_widget(attrs=control),
        "optional": not (bound.field.required or getattr(bound.field, "wanted", False)),
    }


def _kind(bound):
    if bound.use_fieldset:
        return "choices"
    return getattr(bound.field.widget, "input_type", "text")


@register.inclusion_tag("ui/_errors.html")
def error_summary(form):
    """Everything wrong with a form, first on the page and focused, each line a link to its field."""
    wrong = [(_target(bound), bound) for bound in form if bound.errors and not bound.is_hidden]
    return {"form": form, "wrong": wrong}


def _target(bound):
    """What can be focused: the control, or the first of several choices."""
    return f"{bound.auto_id}_0" if bound.use_fieldset else bound.auto_id
