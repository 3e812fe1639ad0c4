"""kill -9 of every process in the middle of pushes: what was acknowledged is there once and whole, and nobody has to help."""

from collections.abc import Callable

import pytest

from tests.resilience.battered import Battered, wait_for_growth
from tests.resilience.storm import Storm, assert_nothing_lost_nothing_doubled, template

pytestmark = pytest.mark.timeout(480)


def _kill_everything(platform: Battered) -> None:
    platform.kill_all()
    platform.start()


def test_no_kill_loses_or_doubles_an_acknowledged_push(platform: Battered) -> None:
    templates = [template(platform, customer) for customer in platform.info["customers"]]
    kills: list[Callable[[], None]] = [
        lambda: platform.kill_one("kanghu.main.web"),
        lambda: platform.kill_one("kanghu.main.worker"),
        lambda: platform.kill_one("/bin/postgres"),
        lambda: _kill_everything(platform),
    ]
    with Storm(platform, templates) as storm:
        for kill in kills:
            wait_for_growth(lambda: storm.acknowledged, 12)
            kill()
        wait_for_growth(lambda: storm.acknowledged, 12)
    assert storm.statuses.keys() <= {0, 200, 503}, storm.statuses
    assert storm.statuses[0] > 0, "no kill was felt"
    platform.await_health()
    assert_nothing_lost_nothing_doubled(platform, storm)
