"""Guides and reports; contents come and go sealed."""

from typing import Any
from uuid import UUID

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx, row, rows
from kanghu.kernel.security import Scope
from kanghu.modules.exams.models import Document, ReportHead


async def insert_guide(
    tx: Tx, guide_id: UUID, booking_id: UUID, kind: str, content: bytes, original: bytes, sha256: bytes
) -> bool:
    """False when this very guide is there already."""
    return bool(
        await tx.fetchval(
            """INSERT INTO exams.guides (id, booking_id, kind, content, original, sha256)
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING true""",
            guide_id,
            booking_id,
            kind,
            content,
            original,
            sha256,
        )
    )


async def latest_guide(tx: Tx, booking_id: UUID) -> Document | None:
    return row(
        Document,
        await tx.fetchrow(
            """SELECT id, booking_id, kind, content, received_at FROM exams.guides
                WHERE booking_id = $1 ORDER BY received_at DESC, id DESC LIMIT 1""",
            booking_id,
        ),
    )


async def insert_report(
    tx: Tx,
    report_id: UUID,
    booking_id: UUID,
    *,
    kind: str,
    version: int | None,
    content: bytes,
    original: bytes,
    sha256: bytes,
    conclusions: Any,
) -> bool:
    """False when this very report is there already. Without a version of the vendor's, the next number is taken."""
    return bool(
        await tx.fetchval(
            """INSERT INTO exams.reports (id, booking_id, kind, version, content, original, sha256, conclusions)
               VALUES ($1, $2, $3,
                       coalesce($4, (SELECT coalesce(max(version), 0) + 1 FROM exams.reports WHERE booking_id = $2)),
                       $5, $6, $7, $8)
               ON CONFLICT DO NOTHING RETURNING true""",
            report_id,
            booking_id,
            kind,
            version,
            content,
            original,
            sha256,
            conclusions,
        )
    )


async def reports(tx: Tx, booking_id: UUID) -> list[Document]:
    """Newest version first."""
    return rows(
        Document,
        await tx.fetch(
            """SELECT id, booking_id, kind, content, received_at, version, conclusions FROM exams.reports
                WHERE booking_id = $1 ORDER BY version DESC, received_at DESC, id DESC""",
            booking_id,
        ),
    )


async def report(tx: Tx, report_id: UUID, scope: Scope) -> Document | None:
    """One version of a report, of a person within the scope."""
    return row(
        Document,
        await tx.fetchrow(
            """SELECT report.id, booking_id, report.kind, content, received_at, version, conclusions
                 FROM exams.reports AS report JOIN exams.bookings AS booking ON booking.id = booking_id
                WHERE report.id = $1 AND people.readable(booking.person_id, $2::kernel.scope)""",
            report_id,
            scope.sql(),
        ),
    )


async def report_head(tx: Tx, report_id: UUID, scope: Scope) -> ReportHead | None:
    """One version of a report without its content, of a person within the scope."""
    return row(
        ReportHead,
        await tx.fetchrow(
            """SELECT report.id, booking_id, booking.person_id, booking.institution_id, version, received_at
                 FROM exams.reports AS report JOIN exams.bookings AS booking ON booking.id = booking_id
                WHERE report.id = $1 AND people.readable(booking.person_id, $2::kernel.scope)""",
            report_id,
            scope.sql(),
        ),
    )


async def reseal(tx: Tx, limit: int) -> int:
    """Seals up to `limit` guides and reports again under the current key; how many."""
    done = 0
    for table in ("guides", "reports"):
        found = await tx.fetch(
            f"""SELECT id, content, original FROM exams.{table}
                 WHERE substring(content FOR 4) <> $1 OR substring(original FOR 4) <> $1
                 LIMIT $2 FOR UPDATE""",
            vault.current_header(),
            limit - done,
        )
        for record in found:
            content, original = (
                vault.reseal(record[column], f"exams.{table}.{column}", record["id"])
                for column in ("content", "original")
            )
            await tx.execute(
                f"UPDATE exams.{table} SET content = $2, original = $3 WHERE id = $1",
                record["id"],
                content,
                original,
            )
        done += len(found)
    return done
