"""Pages of this app."""

from django.urls import path

from .views import messages, participation, people, room, timeline, workstreams

app_name = "incidents"

# The room: the page, its regions, its threads.
urlpatterns = [
    path("incidents/<int:number>/", room.detail, name="detail"),
    *[path(f"incidents/<int:number>/{name}/", room.region, {"name": name}, name=name) for name in room.REGIONS],
    path("incidents/<int:number>/people/", people.people, name="people"),
    path("incidents/<int:number>/timeline/", timeline.timeline, name="timeline"),
    path("incidents/<int:number>/participation/", participation.participation, name="participation"),
    path("incidents/<int:number>/workstreams/", workstreams.workstreams, name="workstreams"),
    path("incidents/<int:number>/workstreams/<int:pk>/", workstreams.workstream, name="workstream"),
    path("incidents/<int:number>/workstreams/<int:pk>/messages/", messages.messages, name="messages"),
    path("incidents/<int:number>/conversation/", messages.conversation, name="conversation"),
    path("incidents/<int:number>/messages/<int:pk>/", messages.message, name="message"),
    path("incidents/<int:number>/messages/<int:pk>/versions/", messages.versions, name="message_versions"),
    path("incidents/<int:number>/messages/<int:pk>/deletion/", messages.deletion, name="message_deletion"),
]
