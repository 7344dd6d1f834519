"""The cast: the people and organisations that every test is about."""
