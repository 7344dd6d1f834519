"""Addresses of the interface for programs; included under `/api/v1/`."""

urlpatterns = []
