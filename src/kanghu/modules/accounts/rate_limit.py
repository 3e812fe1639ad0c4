"""Token bucket of a vendor system.

It lives in the memory of one web process: with n web processes behind a proxy a vendor gets up to n times its rate.
That is accepted: the limit protects the machine, it is not a bill.
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class TokenBucket:
    """`rate_per_minute` calls a minute on average; a bucket that has rested holds one minute's worth."""

    rate_per_minute: int
    tokens: float = field(init=False)
    _at: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.tokens = float(self.rate_per_minute)

    def take(self, now: float) -> float:
        """Take one token at `now` (seconds of a monotonic clock); 0.0 when admitted, else the seconds to wait."""
        per_second = self.rate_per_minute / 60
        elapsed = 0.0 if self._at is None else max(0.0, now - self._at)
        self._at = now if self._at is None else max(now, self._at)
        self.tokens = min(float(self.rate_per_minute), self.tokens + elapsed * per_second)
        if self.tokens >= 1.0:
            self.tokens -= 1.0
            return 0.0
        return (1.0 - self.tokens) / per_second


class Buckets:
    """One bucket per app; a changed rate starts a new bucket."""

    def __init__(self) -> None:
        self._buckets: dict[str, TokenBucket] = {}

    def take(self, app_id: str, rate_per_minute: int, now: float) -> float:
        """As `TokenBucket.take`, for the bucket of `app_id`. Call it only for apps that exist: the table never shrinks."""
        bucket = self._buckets.get(app_id)
        if bucket is None or bucket.rate_per_minute != rate_per_minute:
            bucket = self._buckets[app_id] = TokenBucket(rate_per_minute)
        return bucket.take(now)
