"""What every source boils down to: something fires or is over. One reader per shape, and nothing is decided here."""

import hashlib
from dataclasses import dataclass, field

TITLE_LENGTH = 200
KEY_LENGTH = 255


class Unreadable(ValueError):
    """The payload has not the shape of its kind; `field` says where, the message why."""

    def __init__(self, field, message):
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Report:
    """One alert as its source tells it. Alerts with one `group_key` belong to one incident."""

    dedup_key: str
    firing: bool
    title: str
    group_key: str = ""
    labels: dict = field(default_factory=dict)
    annotations: dict = field(default_factory=dict)
    url: str = ""

    @property
    def group_hash(self):
        return hashlib.sha256((self.group_key or self.dedup_key).encode()).hexdigest()


def read_alertmanager(payload):
    """The webhook body of Alertmanager, version 4, and of Grafana, which kept its shape."""
    alerts = _expect(payload, "alerts", list)
    group_key = _text(payload, "groupKey")
    return [_read_alert(alert, f"alerts.{position}", group_key) for position, alert in enumerate(alerts)]


def _read_alert(alert, where, group_key):
    if not isinstance(alert, dict):
        raise Unreadable(where, "An alert is an object.")
    labels = _texts(alert, "labels", where)
    annotations = _texts(alert, "annotations", where)
    if alert.get("status") not in ("firing", "resolved"):
        raise Unreadable(f"{where}.status", "The status is firing or resolved.")
    fingerprint = _text(alert, "fingerprint") or _hash(sorted(labels.items()))
    title = annotations.get("summary") or labels.get("alertname") or "Alert without a name"
    return Report(
        dedup_key=fingerprint[:KEY_LENGTH],
        firing=alert["status"] == "firing",
        title=_one_line(title),
        group_key=group_key,
        labels=labels,
        annotations=annotations,
        url=_text(alert, "generatorURL")[:1000],
    )


def read_generic(payload):
    """`{"title", "status"?, "dedup_key"?, "labels"?, "description"?, "url"?, "severity"?, "service"?, …}`.

    Whatever else is text counts as a label.
    """
    title = _expect(payload, "title", str)
    if not title.strip():
        raise Unreadable("title", "A title is needed.")
    status = payload.get("status", "firing")
    if status not in ("firing", "resolved"):
        raise Unreadable("status", "The status is firing or resolved.")
    known = {"title", "status", "dedup_key", "labels", "description", "url"}
    more = {name: value for name, value in payload.items() if name not in known and isinstance(value, str)}
    return [
        Report(
            dedup_key=(_text(payload, "dedup_key") or _hash(title))[:KEY_LENGTH],
            firing=status == "firing",
            title=_one_line(title),
            labels={**more, **_texts(payload, "labels")},
            annotations={"description": description} if (description := _text(payload, "description")) else {},
            url=_text(payload, "url")[:1000],
        )
    ]


def read_event(payload):
    """The Events-v2 shape: `event_action`, `dedup_key`, `payload: {summary, source, severity, …}`."""
    action = payload.get("event_action")
    if action not in ("trigger", "acknowledge", "resolve"):
        raise Unreadable("event_action", "The action is trigger, acknowledge or resolve.")
    dedup_key = _text(payload, "dedup_key")
    if action != "trigger":
        if not dedup_key:
            raise Unreadable("dedup_key", "A dedup_key is needed to say which alert is meant.")
        return [Report(dedup_key[:KEY_LENGTH], firing=False, title="")] if action == "resolve" else []
    event = _expect(payload, "payload", dict)
    summary = event.get("summary")
    if not isinstance(summary, str) or not summary.strip():
        raise Unreadable("payload.summary", "A summary is needed.")
    if event.get("severity") not in ("critical", "error", "warning", "info"):
        raise Unreadable("payload.severity", "The severity is critical, error, warning or info.")
    named = {"source": "source", "severity": "severity", "component": "service", "group": "group", "class": "class"}
    labels = {label: event[name] for name, label in named.items() if isinstance(event.get(name), str)}
    return [
        Report(
            dedup_key=(dedup_key or _hash([summary, event.get("source")]))[:KEY_LENGTH],
            firing=True,
            title=_one_line(summary),
            labels=labels,
            annotations=_texts(event, "custom_details", "payload", lenient=True),
            url=_text(payload, "client_url")[:1000],
        )
    ]


def _expect(payload, name, kind):
    value = payload.get(name) if isinstance(payload, dict) else None
    if not isinstance(value, kind):
        words = {list: "a list", str: "text", dict: "an object"}
        raise Unreadable(name, f"`{name}` has to be {words[kind]}.")
    return value


def _text(payload, name):
    value = payload.get(name)
    return value if isinstance(value, str) else ""


def _texts(payload, name, where="", *, lenient=False):
    value = payload.get(name)
    if value is None or (lenient and not isinstance(value, dict)):
        return {}
    if not isinstance(value, dict):
        raise Unreadable(".".join(filter(None, (where, name))), f"`{name}` has to be an object.")
    return {key: text if isinstance(text, str) else str(text) for key, text in value.items()}


def _one_line(text):
    return " ".join(text.split())[:TITLE_LENGTH]


def _hash(value):
    return hashlib.sha256(repr(value).encode()).hexdigest()
