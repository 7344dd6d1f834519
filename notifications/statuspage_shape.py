"""The status page in the shape that programs know from Statuspage: every name and word in it is theirs."""

import json
from datetime import UTC

JSON_NAMES = (
    "summary",
    "status",
    "components",
    "incidents",
    "incidents/unresolved",
    "scheduled-maintenances",
    "scheduled-maintenances/upcoming",
    "scheduled-maintenances/active",
)
DESCRIPTIONS = {
    "none": "All Systems Operational",
    "minor": "Partially Degraded Service",
    "major": "Partial System Outage",
    "critical": "Major System Outage",
    "maintenance": "Service Under Maintenance",
}


class StatuspageShape:
    """The documents of one `PublicPage`."""

    def __init__(self, status):
        self.status = status

    def document(self, name):
        upcoming = [each for each in self.status.windows if each.state == "scheduled"]
        in_progress = [each for each in self.status.windows if each.state == "in_progress"]
        holds = {
            "summary": lambda: {
                "components": self._components(),
                "incidents": [self._incident(each) for each in self.status.active],
                "scheduled_maintenances": [self._maintenance(each) for each in self.status.windows],
                "status": self._status(),
            },
            "status": lambda: {"status": self._status()},
            "components": lambda: {"components": self._components()},
            "incidents": lambda: {"incidents": [self._incident(each) for each in self.status.happenings[:50]]},
            "incidents/unresolved": lambda: {"incidents": [self._incident(each) for each in self.status.active]},
            "scheduled-maintenances": lambda: {
                "scheduled_maintenances": [
                    self._maintenance(each) for each in (*self.status.windows, *self.status.past_windows)
                ]
            },
            "scheduled-maintenances/upcoming": lambda: {
                "scheduled_maintenances": [self._maintenance(each) for each in upcoming]
            },
            "scheduled-maintenances/active": lambda: {
                "scheduled_maintenances": [self._maintenance(each) for each in in_progress]
            },
        }[name]()
        return json.dumps({"page": self._page(), **holds}, ensure_ascii=False).encode()

    @property
    def _id(self):
        return self.status.page.organization.slug

    def _page(self):
        return {
            "id": self._id,
            "name": self.status.name,
            "url": self.status.address.rstrip("/"),
            "time_zone": self.status.zone.key,
            "updated_at": _stamp(self.status.updated_at),
        }

    def _status(self):
        return {"indicator": self.status.indicator, "description": DESCRIPTIONS[self.status.indicator]}

    def _components(self):
        return [self._component(part) for part in self.status.parts]

    def _component(self, part):
        return {
            "id": part.slug,
            "name": part.name,
            "status": part.status,
            "created_at": _stamp(part.since),
            "updated_at": _stamp(part.since),
            "position": part.position,
            "description": part.description or None,
            "showcase": True,
            "start_date": part.since.astimezone(self.status.zone).date().isoformat(),
            "group_id": None,
            "page_id": self._id,
            "group": False,
            "only_show_if_degraded": False,
        }

    def _incident(self, each):
        return {
            "id": each.code,
            "name": each.headline,
            "status": each.state,
            "created_at": _stamp(each.published_at),
            "updated_at": _stamp(each.updated_at),
            "monitoring_at": _stamp(each.monitoring_at),
            "resolved_at": _stamp(each.resolved_at),
            "impact": each.impact,
            "shortlink": f"{self.status.address}incidents/{each.code}/",
            "started_at": _stamp(each.began_at),
            "page_id": self._id,
            "incident_updates": [
                {
                    "id": post.code,
                    "status": post.state,
                    "body": post.text,
                    "incident_id": each.code,
                    "created_at": _stamp(post.posted_at),
                    "updated_at": _stamp(post.posted_at),
                    "display_at": _stamp(post.posted_at),
                    "affected_components": None,
                    "deliver_notifications": True,
                    "custom_tweet": None,
                    "tweet_id": None,
                }
                for post in each.posts
            ],
            "components": [self._component(part) for part in self.status.parts if part.slug in dict(each.touched)],
        }

    def _maintenance(self, window):
        return {
            "id": window.code,
            "name": window.title,
            "status": window.state,
            "created_at": _stamp(window.planned_at),
            "updated_at": _stamp(window.updated_at),
            "monitoring_at": None,
            "resolved_at": _stamp(window.ends_at) if window.state == "completed" else None,
            "impact": "maintenance",
            "shortlink": f"{self.status.address}maintenance/#{window.code}",
            "started_at": _stamp(window.starts_at),
            "page_id": self._id,
            "incident_updates": [
                {
                    "id": f"{window.code}-1",
                    "status": "scheduled",
                    "body": window.text,
                    "incident_id": window.code,
                    "created_at": _stamp(window.planned_at),
                    "updated_at": _stamp(window.planned_at),
                    "display_at": _stamp(window.planned_at),
                    "affected_components": None,
                    "deliver_notifications": True,
                    "custom_tweet": None,
                    "tweet_id": None,
                }
            ],
            "components": [self._component(part) for part in self.status.parts if part.slug in dict(window.parts)],
            "scheduled_for": _stamp(window.starts_at),
            "scheduled_until": _stamp(window.ends_at),
        }


def _stamp(moment):
    return moment and moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
