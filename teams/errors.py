"""The one way the product says no."""


class Refused(Exception):
    """An act that a rule forbids, told in a sentence fit for the person.

    `code` names the rule for programs. `waivable` says that the same act goes through with a reason, `offers` names
    what can be done instead. `facts` tell a program more: the number of what stands in the way.
    """

    def __init__(self, sentence, *, code="refused", waivable=False, offers=(), **facts):
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.waivable = waivable
        self.offers = tuple(offers)
        self.facts = facts


class Taken(Refused):
    """A slug that was free a moment ago: somebody else was faster. The same as one that was in use all along."""

    def __init__(self):
        super().__init__("This slug is in use.", code="slug_taken")
