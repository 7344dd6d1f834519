"""Guards over tasks: each has one owner."""

from itertools import groupby

from .gaps import Gap


class TaskUnowned:
    """Accountability: a task that is to be done and that nobody has. The steps of one vacant role are one gap."""

    code = "task_unowned"

    def gaps(self, facts):
        unowned = [task for task in facts.tasks if task.owner_among(facts.roles) is None]
        for task in unowned:
            if task.owner_id or not task.role:
                yield self._gap(
                    task, f"Nobody has task {task.label}: {task.text}.", str(task.number), f"tasks/{task.pk}/"
                )
        for_roles = sorted((task for task in unowned if task.role and not task.owner_id), key=lambda task: task.role)
        for role, found in groupby(for_roles, key=lambda task: task.role):
            tasks = list(found)
            names = ", ".join(task.label for task in tasks)
            sentence = f"Nobody has the tasks of the {tasks[0].role_name}: {names}."
            yield self._gap(tasks[0], sentence, role, "tasks/")

    def _gap(self, task, sentence, subject, place):
        return Gap(
            self.code,
            sentence,
            task.added_at,
            waivable=True,
            subject=subject,
            step="Give each to somebody" if task.role and not task.owner_id else "Take it, or give it to somebody",
            place=place,
            workstream=task.workstream_id,
        )
