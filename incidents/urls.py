"""Pages of this app."""

app_name = "incidents"
urlpatterns = []
