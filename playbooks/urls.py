"""Pages of this app."""

app_name = "playbooks"
urlpatterns = []
