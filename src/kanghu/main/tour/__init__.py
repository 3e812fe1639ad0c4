"""`make tour`: the whole exam loop against the running platform and the sandbox, step by step, as a newcomer wants to see it."""

from kanghu.main.tour.walk import walk

__all__ = ["walk"]
