"""Timed work of health."""

from kanghu.kernel.db import Tx
from kanghu.kernel.jobs import every
from kanghu.modules.health.service import handle_findings


@every("*/5 * * * *", "health.escalate_overdue")
async def escalate_overdue(tx: Tx) -> None:
    """Abnormal results that nobody told the person in time."""
    await handle_findings.escalate_overdue(tx)
