"""Who may read which shelf of what was planted."""

from tests.telling.planting import (
    ASKED,
    BRIEFING,
    COORDINATION,
    CUSTOMERS,
    HELD,
    LEADERSHIP,
    OUTDATED,
    PUBLIC,
    QUESTION,
    RESTRICTED,
    ROOM,
    SETTINGS,
    SUMMARY,
    TAKEN_BACK,
    TECHNICAL,
    TITLE,
    WITHDRAWN,
)

OUTSIDE = {PUBLIC, CUSTOMERS}
# What whoever only has to know reads on a page; and what of it still holds.
BRIEFED = {TITLE, BRIEFING, LEADERSHIP, CUSTOMERS, PUBLIC, QUESTION}
ON_RECORD = {OUTDATED, WITHDRAWN}
STAKEHOLDER = {TITLE, SUMMARY, BRIEFING, SETTINGS, LEADERSHIP, CUSTOMERS, PUBLIC, *ON_RECORD}
RESPONDER = STAKEHOLDER | {ROOM, TECHNICAL, COORDINATION, HELD, TAKEN_BACK}
ALL = RESPONDER | {QUESTION, ASKED, RESTRICTED}

# Who reads which shelves, wherever they look.
READS = {
    "lena": ALL,  # leads, owns the organisation
    "ada": ALL,  # administers
    "tariq": ALL - {QUESTION},  # owns the restricted workstream and was asked
    "mei": ALL - {RESTRICTED},  # speaks
    "sam": ALL - {RESTRICTED},  # hears the customers
    "ruth": RESPONDER | {QUESTION},  # decides, and asked
    "olga": RESPONDER,  # observes
    "stan": STAKEHOLDER,
}


def excess(planted, text, allowed):
    """What a text carries beside what is allowed: `{shelf: words}`."""
    return {shelf: words for shelf, words in planted.words.found_in(text).items() if shelf not in allowed}


def allowed_at(where, name):
    """What this reader may find in one place. A briefing holds only what is said to whoever has to know and decide;
    beside a question stand those that wait of the same tier and may be the same."""
    if "/brief/" in where and name in ("ruth", "olga", "stan"):
        return READS[name] & BRIEFED
    if "/questions/" in where and name == "stan":
        return READS[name] | {QUESTION}
    return READS[name]


def body_of(answer):
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode() + str(dict(answer.headers))
