"""Pages about people: one module a resource, and in each: find, form, one verb, answer."""
