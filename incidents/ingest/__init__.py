"""Alerts in: where monitoring delivers, how each shape is read, and what becomes of it."""
