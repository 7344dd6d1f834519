"""Providers on this machine, and Globex silent, as where messages are sent."""

from tests.notifications.conftest import acme, sms_gateway

__all__ = ["acme", "sms_gateway"]
