"""Timed work of the module."""

from kanghu.kernel.db import Tx
from kanghu.kernel.jobs import every
from kanghu.modules.people.repository import enrolments


@every("41 3 * * *", "people.purge_attempts")
async def purge_attempts(tx: Tx) -> None:
    await enrolments.purge(tx)
