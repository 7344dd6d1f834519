"""Tasks: whoever has one, and whoever comes next when it is late."""

from incidents import kinds

from .calls import mailed, reminder

CALLS = {
    kinds.TASK_ADDED.name: mailed("owner", "The task is yours"),
    kinds.TASK_GIVEN.name: mailed("owner", "The task is yours"),
    kinds.TASK_DUE.name: reminder,
    kinds.TASK_OVERDUE.name: reminder,
}
