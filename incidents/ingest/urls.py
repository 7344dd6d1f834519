"""Addresses where monitoring delivers."""

urlpatterns = []
