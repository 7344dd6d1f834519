"""The interface for programs: what every app's part of it shares, and the part about people."""
