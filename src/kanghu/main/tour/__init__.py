"""`make tour`: the exam loop, and a question in WeChat, against the running platform and the sandbox, as a newcomer wants to see it."""

from kanghu.main.tour.walk import walk

__all__ = ["walk"]
