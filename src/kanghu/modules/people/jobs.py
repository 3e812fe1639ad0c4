"""Timed work of the module, and verdicts that nobody came back for."""

from datetime import timedelta

from kanghu.kernel.db import Database, Tx
from kanghu.kernel.jobs import every, outbound_job
from kanghu.modules.people.repository import enrolments
from kanghu.modules.people.service import checking, service_checks


@every("41 3 * * *", "people.purge_attempts")
async def purge_attempts(tx: Tx) -> None:
    await enrolments.purge(tx)


@every("*/10 * * * *", "people.end_identity_checks")
async def end_identity_checks(tx: Tx) -> None:
    await checking.sweep(tx)


@outbound_job(service_checks.JOB, attempts=30, longest_delay=timedelta(minutes=10))
async def ask_verdict(database: Database, payload: service_checks.AskVerdict) -> None:
    await service_checks.settle_unattended(database, payload.check_id)
