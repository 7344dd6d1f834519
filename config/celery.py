"""The task queue and every periodic job. Both are doorbells: what must happen is a row in the database."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("muster")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    # Do everything that is due: clocks, reminders, deliveries, and sweeping up what stood still.
    "tick": {"task": "notifications.tasks.tick", "schedule": 1.0, "options": {"expires": 5}},
    # Keep the copies of public status pages no older than a minute; changes ring for themselves.
    "status-snapshots": {
        "task": "notifications.tasks.publish_status_snapshots",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
}
