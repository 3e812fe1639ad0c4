"""When a failed job is tried again."""

from datetime import timedelta

import pytest

from kanghu.kernel import jobs
from kanghu.main import modules
from kanghu.modules.exchange.service.book import MAX_TRIES

modules.load()


@pytest.mark.parametrize("kind", jobs.JOBS.values(), ids=jobs.JOBS.keys())
def test_delays_grow_to_the_longest_and_never_fail(kind: jobs.JobType) -> None:
    delays = [jobs.retry_delay(kind, attempts) for attempts in range(kind.attempts)]
    assert delays[0] > timedelta(0)
    assert delays == sorted(delays)
    assert delays[-1] <= kind.longest_delay


def test_a_vendor_may_be_away_for_a_night_and_a_morning() -> None:
    kind = jobs.JOBS["exchange.send_appointment"]
    assert kind.attempts > MAX_TRIES, "the booking is given up before the job is"
    waited = sum((jobs.retry_delay(kind, attempts) for attempts in range(MAX_TRIES)), timedelta(0))
    assert waited > timedelta(hours=16)
