"""US-H4: the report is stored in a new version; assessment follows by an event of `exams`."""

from kanghu.kernel.db import Tx
from kanghu.modules.exams import public as exams
from kanghu.modules.exchange.service.exam_of import exam_of
from kanghu.modules.exchange.service.receive import Context, NotSaved, Outcome, refuse_stranger
from kanghu.modules.exchange.wire.datasets import ReportPush
from kanghu.modules.exchange.wire.envelope import report_not_saved


async def push_report(tx: Tx, context: Context, push: ReportPush) -> Outcome:
    refused = refuse_stranger(context, push.exam_account, push.person)
    if refused is not None:
        return refused
    booking_id = await exam_of(tx, context, push.exam_account, push.exam_no)
    if booking_id is None:
        raise NotSaved("未提供体检编号，且客户没有唯一的进行中预约")
    opening = context.opening
    assert opening.person_id is not None
    assert opening.institution_id is not None
    try:
        await exams.store_report(
            tx,
            booking_id=booking_id,
            person_id=opening.person_id,
            institution_id=opening.institution_id,
            kind=push.report.kind,
            content=push.report.content,
            version=push.version,
            conclusions=push.conclusions or [],
        )
    except exams.DocumentRefused as error:
        return Outcome("refused", [report_not_saved(str(error))])
    return Outcome("done", booking_id=booking_id)
