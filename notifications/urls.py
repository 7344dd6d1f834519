"""Pages of this app."""

app_name = "notifications"
urlpatterns = []
