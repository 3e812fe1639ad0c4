"""What may follow what in the handling of an abnormal result."""

from datetime import UTC, datetime, timedelta

import pytest

from kanghu.modules.health.monitoring import abnormal_rules
from kanghu.modules.health.policy import STATE_LABELS, due_at, following_state

MOVES = {
    ("open", "notify"): "notified",
    ("notified", "notify"): "notified",
    ("notified", "acknowledge"): "acknowledged",
    ("acknowledged", "follow_up"): "followed_up",
    ("followed_up", "follow_up"): "followed_up",
    ("followed_up", "close"): "closed",
}


@pytest.mark.parametrize("state", STATE_LABELS)
@pytest.mark.parametrize("action", ["notify", "acknowledge", "follow_up", "close"])
@pytest.mark.parametrize("finding_class", ["A", "B"])
def test_every_state_and_action(state: str, action: str, finding_class: str) -> None:
    expected = MOVES.get((state, action))
    if (finding_class, state, action) == ("B", "acknowledged", "close"):
        expected = "closed"
    assert following_state(finding_class, state, action, result_changed=False) == expected


@pytest.mark.parametrize("state", [state for state in STATE_LABELS if state != "closed"])
def test_a_corrected_result_may_be_closed_by_a_person_at_any_time(state: str) -> None:
    assert following_state("A", state, "close", result_changed=True) == "closed"
    assert following_state("A", "closed", "close", result_changed=True) is None


def test_deadlines() -> None:
    found, handling = datetime(2026, 11, 23, tzinfo=UTC), abnormal_rules()["_meta"]["handling"]
    assert due_at("A", found, handling) == found + timedelta(hours=2)
    assert due_at("B", found, handling) == found + timedelta(days=30)
