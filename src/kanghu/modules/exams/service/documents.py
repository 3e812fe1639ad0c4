"""Guides and reports: cleaned for whoever looks, the original kept with its hash, both sealed."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import nh3

from kanghu.kernel import audit, clock, live
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.kernel.events import publish
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.exams.errors import ReportFileNotFound
from kanghu.modules.exams.events import ReportReceived
from kanghu.modules.exams.models import Document
from kanghu.modules.exams.repository import documents
from kanghu.modules.exams.service import book

_TAGS = nh3.ALLOWED_TAGS - {"a", "img"}
_STYLES = {"text-align", "font-weight", "width", "color"}


class DocumentRefused(ValueError):
    """The content is not what its kind says; the message is Chinese."""


@dataclass(frozen=True, slots=True)
class OpenedDocument:
    id: UUID
    booking_id: UUID
    kind: str
    content: str
    received_at: datetime
    version: int
    conclusions: Any


def clean(kind: str, content: str) -> str:
    """What may be shown: HTML without scripts, links, pictures and foreign addresses; a PDF stays base64.

    Raises `DocumentRefused`.
    """
    if kind == "html":
        return nh3.clean(
            content,
            tags=_TAGS,
            attributes={"*": {"style", "colspan", "rowspan"}},
            filter_style_properties=_STYLES,
        )
    if kind == "pdf":
        try:
            raw = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError) as error:
            raise DocumentRefused("PDF 内容不是有效的 base64") from error
        if not raw.startswith(b"%PDF-"):
            raise DocumentRefused("内容不是 PDF 文件")
    return content


async def store_guide(tx: Tx, booking_id: UUID, kind: str, content: str) -> bool:
    """False when this very guide was received before. Raises `DocumentRefused`."""
    guide_id = new_id()
    shown, original = clean(kind, content), content
    stored = await documents.insert_guide(
        tx,
        guide_id,
        booking_id,
        kind,
        vault.seal(shown, "exams.guides.content", guide_id),
        vault.seal(original, "exams.guides.original", guide_id),
        hashlib.sha256(original.encode()).digest(),
    )
    if stored:
        booking = await book.get_booking(tx, booking_id)
        await live.tell(
            tx, "exams.guides", person_id=booking.person_id, institution_id=booking.institution_id
        )
    return stored


async def store_report(
    tx: Tx,
    *,
    booking_id: UUID,
    person_id: UUID,
    institution_id: UUID,
    kind: str,
    content: str,
    version: int | None,
    conclusions: Any,
) -> bool:
    """False when this very report was received before. Raises `DocumentRefused`."""
    report_id = new_id()
    stored = await documents.insert_report(
        tx,
        report_id,
        booking_id,
        kind=kind,
        version=version,
        content=vault.seal(clean(kind, content), "exams.reports.content", report_id),
        original=vault.seal(content, "exams.reports.original", report_id),
        sha256=hashlib.sha256(content.encode()).digest(),
        conclusions=conclusions,
    )
    if stored:
        await live.tell(tx, "exams.reports", person_id=person_id, institution_id=institution_id)
        await publish(
            tx, ReportReceived(person_id=person_id, exam_id=booking_id, institution_id=institution_id)
        )
    return stored


def _opened(document: Document, table: str) -> OpenedDocument:
    content = vault.open(document.content, f"exams.{table}.content", document.id)
    return OpenedDocument(
        document.id,
        document.booking_id,
        document.kind,
        content,
        document.received_at,
        document.version,
        document.conclusions,
    )


async def read_guide(tx: Tx, caller: Caller, booking_id: UUID, permission: str) -> OpenedDocument | None:
    """The newest guide of an exam. Raises `BookingNotFound` outside the scope."""
    booking = await book.get_booking(tx, booking_id, caller.scope(permission))
    await audit.record(
        tx, caller, "exams.guide.read", subject=f"exams.bookings/{booking_id}", person_id=booking.person_id
    )
    found = await documents.latest_guide(tx, booking_id)
    return None if found is None else _opened(found, "guides")


async def read_reports(tx: Tx, caller: Caller, booking_id: UUID, permission: str) -> list[OpenedDocument]:
    """All versions of an exam's report, newest first. Raises `BookingNotFound` outside the scope."""
    booking = await book.get_booking(tx, booking_id, caller.scope(permission))
    await audit.record(
        tx, caller, "exams.report.read", subject=f"exams.bookings/{booking_id}", person_id=booking.person_id
    )
    return [_opened(found, "reports") for found in await documents.reports(tx, booking_id)]


@dataclass(frozen=True, slots=True)
class ReportFile:
    name: str
    content: bytes


async def read_report_file(tx: Tx, caller: Caller, report_id: UUID, permission: str) -> ReportFile:
    """A report that came as PDF, as a file. Raises `ReportFileNotFound`, also for text and outside the scope."""
    found = await documents.report(tx, report_id, caller.scope(permission))
    if found is None or found.kind != "pdf":
        raise ReportFileNotFound
    booking = await book.get_booking(tx, found.booking_id)
    await audit.record(
        tx, caller, "exams.report.read", subject=f"exams.reports/{report_id}", person_id=booking.person_id
    )
    received = found.received_at.astimezone(clock.SHANGHAI)
    # Nobody's name: the file lies in a download folder where others look.
    name = f"体检报告-{received:%Y%m%d}-第{found.version}版.pdf"
    return ReportFile(name, base64.b64decode(_opened(found, "reports").content))
