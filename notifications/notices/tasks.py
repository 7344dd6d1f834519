"""Tasks: what has to be done, by whom and until when."""

from incidents import kinds
from incidents.models import Task

from .words import Words, moment, named, who


def _task(headline):
    def words(entry, reader):
        details = entry.details
        task = Task.objects.with_people().get(pk=details["task"])
        facts = named(
            ("Task", f"{task.label} {task.text}"),
            ("Owner", details.get("name")),
            ("Due", moment(task.due_at, entry.incident.organization) if task.due_at else ""),
            ("From", who(entry)),
            ("Because", details.get("waiver")),
        )
        return Words(f"Task {task.label} {headline}", facts, gist=task.text)

    return words


WORDS = {
    kinds.TASK_ADDED.name: _task("is yours"),
    kinds.TASK_GIVEN.name: _task("is yours"),
    kinds.TASK_DUE.name: _task("is due now"),
    kinds.TASK_OVERDUE.name: _task("is late"),
}
