"""The interface for programs: this app's part."""
