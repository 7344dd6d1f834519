"""Pages of this app."""

from django.urls import path

from .exports import FORMATS
from .views import (
    assessment,
    attachment,
    catch_up,
    details,
    documents,
    exceptions,
    exports,
    findings,
    function,
    home,
    index,
    integrations,
    invitations,
    merge,
    messages,
    new,
    participation,
    people,
    privacy,
    questions,
    record,
    reopening,
    resolution,
    role,
    room,
    severity,
    status,
    tasks,
    timeline,
    updates,
    waivers,
    workstreams,
)

app_name = "incidents"

# The room: the page, its regions, its threads.
urlpatterns = [
    path("incidents/<int:number>/", room.detail, name="detail"),
    *[path(f"incidents/<int:number>/{name}/", room.region, {"name": name}, name=name) for name in room.REGIONS],
    path("incidents/<int:number>/people/", people.people, name="people"),
    path("incidents/<int:number>/timeline/", timeline.timeline, name="timeline"),
    path("incidents/<int:number>/timeline/print/", exports.printed, name="printed"),
    *[
        path(
            f"incidents/<int:number>/export.{extension}",
            exports.export,
            {"extension": extension},
            name=f"export_{extension}",
        )
        for extension in FORMATS
    ],
    path("incidents/<int:number>/timeline/<int:entry>/", record.entry, name="entry"),
    path("incidents/<int:number>/catch-up/", catch_up.catch_up, name="catch_up"),
    path("incidents/<int:number>/participation/", participation.participation, name="participation"),
    path("incidents/<int:number>/participation/team/", participation.team, name="team"),
    path("incidents/<int:number>/people/<int:pk>/release/", participation.release, name="release"),
    path("incidents/<int:number>/people/<int:pk>/recall/", participation.recall, name="recall"),
    path("incidents/<int:number>/invitations/", invitations.invitations, name="invitations"),
    path("incidents/<int:number>/invitations/<int:pk>/acceptance/", invitations.acceptance, name="acceptance"),
    path("incidents/<int:number>/invitations/<int:pk>/refusal/", invitations.refusal, name="refusal"),
    path("incidents/<int:number>/invitations/<int:pk>/withdrawal/", invitations.withdrawal, name="withdrawal"),
    path("incidents/<int:number>/workstreams/", workstreams.workstreams, name="workstreams"),
    path("incidents/<int:number>/workstreams/<int:pk>/", workstreams.workstream, name="workstream"),
    path(
        "incidents/<int:number>/workstreams/<int:pk>/readers/",
        workstreams.workstream_readers,
        name="workstream_readers",
    ),
    path("incidents/<int:number>/workstreams/<int:pk>/messages/", messages.messages, name="messages"),
    path("incidents/<int:number>/workstreams/<int:pk>/unsaid/", questions.unsaid, name="unsaid"),
    path("incidents/<int:number>/workstreams/<int:pk>/exceptions/", exceptions.exceptions, name="exceptions"),
    path(
        "incidents/<int:number>/workstreams/<int:pk>/exceptions/<int:exception>/revocation/",
        exceptions.exception_revocation,
        name="exception_revocation",
    ),
    path("incidents/<int:number>/conversation/", messages.conversation, name="conversation"),
    path("incidents/<int:number>/messages/<int:pk>/", messages.message, name="message"),
    path("incidents/<int:number>/messages/<int:pk>/versions/", messages.versions, name="message_versions"),
    path("incidents/<int:number>/messages/<int:pk>/deletion/", messages.deletion, name="message_deletion"),
    path("incidents/<int:number>/messages/<int:pk>/pin/", record.pin, name="pin"),
]

# Around the incidents: what is open, the list, declaring, alerts that wait.
urlpatterns += [
    path("", home.home, name="home"),
    path("strip/", home.strip, name="strip"),
    path("declare/", new.new, name="new"),
    path("incidents/", index.index, name="index"),
    path("alerts/<int:pk>/incident/", attachment.attachment, name="attachment"),
    path("settings/integrations/", integrations.integrations, name="integrations"),
    path(
        "settings/integrations/<int:pk>/revocation/",
        integrations.integration_revocation,
        name="integration_revocation",
    ),
]

# Acts: each is a form, and one verb.
urlpatterns += [
    path("incidents/<int:number>/assessment/", assessment.assessment, name="assessment"),
    path("incidents/<int:number>/assessment/preview/", assessment.assessment_preview, name="assessment_preview"),
    path("incidents/<int:number>/severity/", severity.severity, name="severity"),
    path("incidents/<int:number>/status/", status.status, name="status"),
    path("incidents/<int:number>/resolution/", resolution.resolution, name="resolution"),
    path("incidents/<int:number>/reopening/", reopening.reopening, name="reopening"),
    path("incidents/<int:number>/details/", details.details, name="details"),
    path("incidents/<int:number>/merge/", merge.merge, name="merge"),
    path("incidents/<int:number>/privacy/", privacy.privacy, name="privacy"),
    path("incidents/<int:number>/roles/<str:role>/", role.role, name="role"),
    path("incidents/<int:number>/roles/<str:role>/vacancy/", role.vacancy, name="vacancy"),
    path("incidents/<int:number>/functions/<str:slug>/", function.function, name="function"),
    path("incidents/<int:number>/waivers/", waivers.waivers, name="waivers"),
    path("incidents/<int:number>/documents/new/", documents.document_new, name="document_new"),
    path("incidents/<int:number>/documents/<int:pk>/", documents.document, name="document"),
    path("incidents/<int:number>/notes/", record.notes, name="notes"),
    path("incidents/<int:number>/tasks/new/", tasks.task_new, name="task_new"),
    path("incidents/<int:number>/tasks/<int:pk>/", tasks.task, name="task"),
    path("incidents/<int:number>/tasks/<int:pk>/owner/", tasks.task_owner, name="task_owner"),
    path("incidents/<int:number>/tasks/<int:pk>/completion/", tasks.task_completion, name="task_completion"),
    path("incidents/<int:number>/tasks/<int:pk>/reopening/", tasks.task_reopening, name="task_reopening"),
    path("incidents/<int:number>/tasks/<int:pk>/dismissal/", tasks.task_dismissal, name="task_dismissal"),
    path("incidents/<int:number>/findings/new/", findings.finding_new, name="finding_new"),
    path("incidents/<int:number>/findings/<int:pk>/", findings.finding, name="finding"),
    path("incidents/<int:number>/findings/<int:pk>/dismissal/", findings.finding_dismissal, name="finding_dismissal"),
    path("incidents/<int:number>/questions/new/", questions.question_new, name="question_new"),
    path("incidents/<int:number>/questions/<int:pk>/", questions.question, name="question"),
    path("incidents/<int:number>/updates/new/", updates.update_new, name="update_new"),
    path("incidents/<int:number>/updates/preview/", updates.update_preview, name="update_preview"),
    path("incidents/<int:number>/updates/<int:update>/", updates.update, name="update"),
]
