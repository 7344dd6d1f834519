"""An incident as a Markdown document for people. Whatever somebody wrote stays text: none of it becomes structure."""

import re
from html import unescape

from django.template.loader import render_to_string
from django.utils.html import strip_tags

from .. import kinds
from ..models.findings import RemarkKind
from ..models.synthesis import LINES
from ..models.updates import PARTS

# What could begin anything but text, wherever it stands, and what only could at the beginning of a line.
ANYWHERE = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
LINE_START = re.compile(r"^(\d{1,9})([.)])|^([-+=:])")
LINE_END = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Their sentence would repeat words that stand below it in full.
_SAID = {"situation": "Situation", "objectives": "Objectives"}
QUOTED = (kinds.MESSAGE_POSTED.name, kinds.MESSAGE_PINNED.name, kinds.MESSAGE_EDITED.name)


def written(export):
    """The document in pieces."""
    yield "".join(_head(export.head))
    for name, rows in export.sections.items():
        if rows:
            yield f"\n## {name.replace('_', ' ').capitalize()}\n\n" + "".join(_SECTIONS[name](row) for row in rows)
    yield "\n## Timeline\n\nAll times are UTC.\n\n"
    yield from export.stretches(lambda entries: "".join(_entry(entry) for entry in entries))


def escaped(text):
    """Text of one line, as Markdown that reads the same."""
    flat = " ".join(LINE_END.sub(" ", str(text)).split())
    return LINE_START.sub(
        lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}", ANYWHERE.sub(r"\\\1", flat)
    )


def fenced(text, indent=""):
    """Text of many lines as it was written, behind a fence longer than any in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    lines = [f"{fence}text", *LINE_END.split(text), fence]
    return "".join(f"{indent}{line}".rstrip() + "\n" for line in lines)


def moment(text):
    """An RFC 3339 moment as people read it, to the minute."""
    return text[:16].replace("T", " ") if text else "now"


def _head(head):
    incident = head["incident"]
    yield f"# {incident['key']} {escaped(incident['title'])}\n\n"
    yield f"A copy of the record as of entry {head['entry']}, taken {moment(head['exported_at'])} UTC by "
    yield f"{escaped(head['exported_by'])}.\nThe record itself: <{head['record']}>\n\n"
    facts = {
        "Severity": incident["severity"],
        "Status": incident["status"],
        "Type": incident["type"],
        "Services": ", ".join(incident["services"]),
        "Playbook": incident["playbook"],
        "Declared": moment(incident["declared_at"]),
        "Assessed": incident["assessed_at"] and moment(incident["assessed_at"]),
        "Resolved": incident["resolved_at"] and moment(incident["resolved_at"]),
        "Drill": "yes" if incident["drill"] else "",
    }
    yield from (f"- {name}: {escaped(value)}\n" for name, value in facts.items() if value)
    if incident["summary"]:
        yield f"\n## Summary\n\n{fenced(incident['summary'])}"


def _role(row):
    until = f"until {moment(row['until'])}" if row["until"] else "still"
    domain = f" for {escaped(row['domain'])}" if row["domain"] else ""
    hat, name = escaped(row["role"].replace("_", " ")), escaped(row["name"])
    return f"- {hat}{domain}: {name}, from {moment(row['since'])} {until}\n"


def _handover(row):
    domain = f" for {escaped(row['domain'])}" if row["domain"] else ""
    hat, when = escaped(row["role"].replace("_", " ")), moment(row["ended_at"] or row["begun_at"])
    people = f"{escaped(row['name'])} to {escaped(row['to_name'])}"
    said = "".join(f"\n{label}:\n\n{fenced(row[name])}" for name, label in _SAID.items() if row[name])
    return f"### {hat.capitalize()}{domain}: {people}, {row['state']}, {when}\n{said}\n"


def _participant(row):
    name, function = escaped(row["name"]), escaped(row["function"] or "no function")
    left = f", left {moment(row['left_at'])}" if row["left_at"] else ""
    return f"- {name} ({function}), {row['capacity']}, joined {moment(row['joined_at'])}{left}\n"


def _workstream(row):
    owner = f", owned by {escaped(row['owner'])}" if row["owner"] else ""
    return f"- {escaped(row['title'])}: {row['state']}{owner}\n"


def _synthesis(row):
    numbers = {line.name: [] for line in LINES}
    for source in row["sources"]:
        for name in [source["field"]] if source["field"] else numbers:
            numbers[name].append(f"F{source['number']}")
    said = "".join(
        f"- {line.label}: {escaped(row[line.name])}"
        + (f" ({', '.join(dict.fromkeys(numbers[line.name]))})" if numbers[line.name] else "")
        + "\n"
        for line in LINES
        if row[line.name]
    )
    by = escaped(row["published_by"] or "Muster")
    challenged = (
        f"- Challenged by {escaped(row['challenged_by'])}: {escaped(row['challenge'])}\n" if row["challenge"] else ""
    )
    return f"### Version {row['version']}, {moment(row['published_at'])} by {by}\n\n{said}{challenged}\n"


def _sync_point(row):
    people = f" ({escaped(', '.join(row['attendees']))})" if row["attendees"] else ""
    purpose = f"  - For: {escaped(row['purpose'])}\n" if row["purpose"] else ""
    outcome = f"  - {escaped(row['outcome'])}\n" if row["outcome"] else ""
    return f"- {moment(row['starts_at'])} {row['state']}: {escaped(row['title'])}{people}\n{purpose}{outcome}"


def _finding(row):
    by = escaped(row["raised_by"] or "Muster")
    parts = {"Actions": "actions", "Needs": "needs", "Meaning": "meaning", "Set aside because": "reason"}
    more = "".join(f"  - {label}: {escaped(row[name])}\n" for label, name in parts.items() if row[name])
    for remark in row["remarks"]:
        said = RemarkKind(remark["kind"]).label
        more += f"  - {escaped(remark['made_by'] or 'Muster')} {said}: {escaped(remark['text'])}\n"
    head = f"- F{row['number']} ({row['state']}, confidence {row['confidence']}), {moment(row['raised_at'])} by {by}"
    return f"{head}: {escaped(row['condition'])}\n{more}"


def _task(row):
    owner = f", {escaped(row['owner'])}" if row["owner"] else ""
    why = f" ({escaped(row['reason'])})" if row["reason"] else ""
    return f"- T{row['number']} {row['state'].replace('_', ' ')}{owner}: {escaped(row['text'])}{why}\n"


def _question(row):
    asked = f"- Q{row['number']} {row['state']}, {moment(row['asked_at'])} by {escaped(row['asker'])}:"
    answer = f"  - {escaped(row['answered_by'] or 'Muster')}: {escaped(row['answer'])}\n" if row["answer"] else ""
    return f"{asked} {escaped(row['text'])}\n{answer}"


def _brief(row):
    parts = {"Not": "avoid", "Meanwhile": "workaround"}
    more = "".join(f"  - {label}: {escaped(row[name])}\n" for label, name in parts.items() if row[name])
    head = f"- Version {row['version']}, {moment(row['written_at'])} by {escaped(row['written_by'])}"
    return f"{head}: {escaped(row['say'])}\n{more}"


def _symptom(row):
    merged = ", merged" if row["merged_into"] else ""
    return f"- {row['key']} {escaped(row['title'])}: {row['customers']} customers in {row['reports']} reports{merged}\n"


def _report(row):
    segment = f" ({escaped(row['segment'])})" if row["segment"] else ""
    ticket = f", ticket {escaped(row['ticket'])}" if row["ticket"] else ""
    when, by = moment(row["reported_at"]), escaped(row["reported_by"])
    return f"- {when} by {by}, {row['customers']} customers{segment}{ticket}: {escaped(row['error_text'])}\n"


def _digest(row):
    when, by = moment(row["given_at"]), escaped(row["given_by"])
    return f"- {row['number']}, {when} by {by}, {row['figures']['customers']} customers: {escaped(row['text'])}\n"


def _ask(row):
    answer = f": {escaped(row['answer'])}" if row["answer"] else ""
    return f"- A{row['number']} to {escaped(row['member'])}, {row['state']}: {escaped(row['text'])}{answer}\n"


def _briefing(row):
    note = f": {escaped(row['note'])}" if row["note"] else ""
    return f"- Briefing {row['number']}, {moment(row['held_at'])} by {escaped(row['held_by'])}{note}\n"


def _update(row):
    labels = {part.name: part.label for part in PARTS[row["audience"]]}
    said = "".join(f"\n{escaped(labels[name])}:\n\n{fenced(text)}" for name, text in row["body"].items())
    by = escaped(row["published_by"] or "Muster")
    fell = {"corrected": "Corrected", "withdrawn": "Withdrawn", "taken_back": "Taken back"}.get(row["state"])
    notes = {"Nothing had changed": row["no_change"], fell: row["reason"] or "before it had left"}
    noted = "".join(f"\n{label}: {escaped(text)}\n" for label, text in notes.items() if label and text)
    head = f"### Update {row['number']} to {row['audience']}, {moment(row['published_at'])} by {by}"
    return f"{head}\n{noted}{said}\n"


def _challenge(row):
    head = f"- {moment(row['challenged_at'])} by {escaped(row['challenged_by'])}, update {row['number']}"
    answer = f"  - {escaped(row['answered_by'] or 'Muster')}: {escaped(row['answer'])}\n" if row["answer"] else ""
    return f"{head} to {row['audience']}, {row['state']}: {escaped(row['reason'])}\n{answer}"


def _draft(row):
    labels = {part.name: part.label for part in PARTS[row["audience"]]}
    said = "".join(f"\n{escaped(labels[name])}:\n\n{fenced(text)}" for name, text in row["body"].items())
    by, when = escaped(row["written_by"] or "Muster"), moment(row["written_at"])
    became = f"update {row['update_number']}" if row["update_number"] else row["state"]
    confirmed = f", confirmed by {escaped(row['confirmed_by'])}" if row["confirmed_by"] else ""
    head = f"### To {row['audience']}, version {row['version']}, {when} by {by}{confirmed}: {became}"
    no_change = f"\nNothing has changed: {escaped(row['no_change'])}\n" if row["no_change"] else ""
    return f"{head}\n{no_change}{said}\n"


def _touchpoint(row):
    place, by = escaped(row["place"].replace("_", " ").capitalize()), escaped(row["written_by"] or "Muster")
    head = (
        f"### {place}, version {row['number']}, {moment(row['written_at'])} by {by}, after update {row['core_number']}"
    )
    return f"{head}\n\n{fenced(row['text'])}\n"


def _estimate(row):
    when = "nobody knows" if row["unknown"] else f"{moment(row['earliest'])} to {moment(row['latest'])}"
    sure = f", confidence {row['confidence']}" if row["confidence"] else ""
    public = ", public" if row["public"] else ""
    by = escaped(row["proposed_by"] or "Muster")
    return f"- {row['number']} {row['state']}{public}: {when}{sure}, by {by}. {escaped(row['basis'])}\n"


def _impact(row):
    what, whom = escaped(row["feature"] or row["service"] or "a service"), escaped(row["segment"] or "all customers")
    when = f"{moment(row['started_at'])} until {moment(row['ended_at'])}"
    note = f" ({escaped(row['note'])})" if row["note"] else ""
    return f"- I{row['number']} {row['state']}, {row['level']}, {when}: {what}, {whom}{note}\n"


def _business_impact(row):
    count = f", {row['customers_affected']} customers" if row["customers_affected"] is not None else ""
    accounts = f", among them {escaped(', '.join(row['key_accounts']))}" if row["key_accounts"] else ""
    by, when = escaped(row["stated_by"] or "Muster"), moment(row["stated_at"])
    return f"- Version {row['version']}, {when} by {by}: {row['level']}{count}{accounts}. {escaped(row['statement'])}\n"


def _commitment(row):
    reason = f"  - {escaped(row['reason'])}\n" if row["reason"] else ""
    whom, by = escaped(row["to_whom"]), moment(row["due_at"])
    return f"- P{row['number']} {row['state']}, to {whom} by {by}: {escaped(row['text'])}\n{reason}"


def _restoration_order(row):
    order = escaped(", then ".join(step["what"] for step in row["steps"]))
    objection = f"  - Objection: {escaped(row['objection'])}\n" if row["objection"] else ""
    return f"- Version {row['version']}, by {escaped(row['set_by'] or 'Muster')}: {order}\n{objection}"


def _reinforcement(row):
    hours = f", {row['hours']} h" if row["hours"] else ""
    asked = f"- R{row['number']} {row['state']}, {moment(row['requested_at'])} by {escaped(row['requested_by'])}"
    said = f"  - {escaped(row['answered_by'])}: {escaped(row['answer'])}\n" if row["answer"] else ""
    return f"{asked}: {escaped(row['member'])}{hours}. {escaped(row['purpose'])}\n{said}"


def _decision(row):
    options = "".join(
        f"  - {escaped(option['text'])}{': ' + escaped(option['tradeoff']) if option['tradeoff'] else ''}\n"
        for option in row["options"]
    )
    chosen = f": {escaped(row['choice'])}" if row["choice"] else f", needed by {moment(row['needed_by'])}"
    by = f", by {escaped(row['decided_by'])}" if row["decided_by"] else ""
    outside = ", outside authority" if row["outside_authority"] else ""
    return f"- D{row['number']} {row['state']}{by}{outside}. {escaped(row['subject'])}{chosen}\n{options}"


def _change(row):
    services = f" ({escaped(', '.join(row['services']))})" if row["services"] else ""
    result = f"  - {escaped(row['result'])}\n" if row["result"] else ""
    when = f"{moment(row['starts_at'])} until {moment(row['ended_at'] or row['until'])}"
    state, owner = row["state"].replace("_", " "), escaped(row["owner"])
    return f"- {row['key']} {state}, {when}, {owner}: {escaped(row['action'])}{services}\n{result}"


def _hypothesis(row):
    evidence = "".join(
        f"  - {'for' if each['supports'] else 'against'}: {escaped(each['text'])}\n" for each in row["evidence"]
    )
    return f"- {row['key']} {row['state'].replace('_', ' ')}: {escaped(row['statement'])}\n{evidence}"


def _fix(row):
    result = f" ({escaped(row['result'])})" if row["result"] else ""
    return f"- {row['key']} {row['state'].replace('_', ' ')}: {escaped(row['what'])}{result}\n"


def _waiver(row):
    by = escaped(row["granted_by"] or "Muster")
    return f"- {row['guard'].replace('_', ' ')}, {moment(row['granted_at'])} by {by}: {escaped(row['reason'])}\n"


def _document(row):
    note = f" ({escaped(row['note'])})" if row["note"] else ""
    return f"- {escaped(row['title'])}{note}: {escaped(row['url'])} (not authoritative)\n"


def _entry(entry):
    when = f"{entry.took_place_at:%Y-%m-%d %H:%M}"
    if entry.is_late:
        when += f" (written down {entry.recorded_at:%Y-%m-%d %H:%M})"
    quoted = entry.said.text if entry.kind in QUOTED and entry.said and not entry.said.deleted_at else ""
    sentence = render_to_string(entry.template_name, {"entry": entry, "quoted": bool(quoted)})
    line = f"- {entry.number}: {when} {escaped(unescape(strip_tags(sentence)))}\n"
    for name, label in (("reason", "Because"), ("waiver", "Rule waived")):
        if entry.details.get(name):
            line += f"  - {label}: {escaped(entry.details[name])}\n"
    return line + (f"\n{fenced(quoted, indent='  ')}\n" if quoted else "")


_SECTIONS = {
    "roles": _role,
    "handovers": _handover,
    "participants": _participant,
    "workstreams": _workstream,
    "what_we_know": _synthesis,
    "sync_points": _sync_point,
    "findings": _finding,
    "tasks": _task,
    "estimates": _estimate,
    "impacts": _impact,
    "business_impacts": _business_impact,
    "commitments": _commitment,
    "restoration_orders": _restoration_order,
    "questions": _question,
    "support_briefs": _brief,
    "symptoms": _symptom,
    "reports": _report,
    "digests": _digest,
    "asks": _ask,
    "briefings": _briefing,
    "updates": _update,
    "challenges": _challenge,
    "drafts": _draft,
    "touchpoints": _touchpoint,
    "reinforcements": _reinforcement,
    "decisions": _decision,
    "changes": _change,
    "hypotheses": _hypothesis,
    "fix_attempts": _fix,
    "waivers": _waiver,
    "documents": _document,
}
