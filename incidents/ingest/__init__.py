"""Alerts in: where monitoring delivers."""
