"""What the SMS services have in common."""

from kanghu.kernel.http import PeerFailed


class SmsRefused(PeerFailed):
    """The service said no. `code` is its own word; `passing` says that the same message may be taken later, `hopeless` that no
    other service would take it either."""

    def __init__(self, code: str, reason: str, *, passing: bool, hopeless: bool) -> None:
        super().__init__(f"{reason}（{code}）", passing=passing)
        self.code = code
        self.hopeless = hopeless
