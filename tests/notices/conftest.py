"""WeChat's stand-in is on this machine, and may be called."""

from tests.wechat.conftest import reachable

__all__ = ["reachable"]
