"""The front page: people, appointments and the last calls, for whoever stands before this system in a demonstration."""

import contextlib
import json
from collections.abc import Iterable, Sequence
from html import escape

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from kanghu_sandbox.desk import html_page, loopback_only

from . import outbox, repository
from .control_api import TheCentre
from .documents import SEX_NAMES
from .faults import Faults
from .outbox import OutMessage
from .repository import Account, Booking, Call
from .store import Tx

router = APIRouter(dependencies=[Depends(loopback_only)], include_in_schema=False)


@router.get("/")
async def front_page(centre: TheCentre) -> HTMLResponse:
    """首页。"""

    def read(tx: Tx) -> str:
        return "".join(
            (
                _section("客户", _people(repository.list_accounts(tx, 50))),
                _section("预约", _appointments(repository.list_bookings(tx, 50))),
                _section("未送达的消息", _waiting(outbox.undelivered(tx, 50))),
                _section("最近的调用", _calls(repository.list_calls(tx, 30))),
            )
        )

    body = await centre.store.run(read)
    fault = _fault_note(centre.faults.now)
    about = (
        f"<p>平台地址 {escape(centre.settings.platform_url)}　"
        f'操作接口见 <a href="/openapi.json">接口文档</a></p>'
    )
    return html_page("体检中心参考系统", about + fault + body)


def _section(title: str, content: str) -> str:
    return f"<h2>{title}</h2>{content}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> str:
    lines = ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows]
    if not lines:
        return f"<p>{empty}</p>"
    head = "".join(f"<th>{name}</th>" for name in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _people(accounts: Iterable[Account]) -> str:
    rows = [
        (
            escape(one.exam_account),
            escape(one.person.name),
            SEX_NAMES[one.person.sex],
            escape(one.person.birth_date),
            escape(one.person.id_number),
            escape(one.origin),
        )
        for one in accounts
    ]
    return _table(("体检账号", "姓名", "性别", "出生日期", "证件号码", "来源"), rows, "还没有客户")


def _appointments(bookings: Iterable[Booking]) -> str:
    rows = [
        (
            escape(one.exam_no),
            escape(one.exam_account),
            escape(one.appointment_date),
            f"{len(one.items)} 项"
            + (f"；待人工对照：{escape('、'.join(one.unmatched))}" if one.unmatched else ""),
            f"第 {one.report_version} 版" if one.report_version else "未出",
            escape(one.origin),
        )
        for one in bookings
    ]
    return _table(("体检编号", "体检账号", "体检日期", "项目", "报告", "来源"), rows, "还没有预约")


def _waiting(messages: Iterable[OutMessage]) -> str:
    states = {outbox.PENDING: "等待补发", outbox.REFUSED: "被拒，需人工处理"}
    rows = [
        (escape(one.interface), escape(one.created_at), states[one.state], f"{one.tries}", escape(one.note))
        for one in messages
    ]
    return _table(("接口", "产生时间", "状态", "已试次数", "原因"), rows, "全部送达")


def _calls(calls: Iterable[Call]) -> str:
    directions = {"in": "平台 → 本中心", "out": "本中心 → 平台"}
    rows = [
        (
            escape(one.at),
            directions[one.direction],
            f"US-{escape(one.interface)}",
            str(one.status) if one.status == 200 else f'<span class="bad">{one.status or "没有应答"}</span>',
            f"{one.millis} 毫秒",
            f"{_folded('请求', one.request)}{_folded('应答', one.answer)}{escape(one.note)}",
        )
        for one in calls
    ]
    return _table(("时间", "方向", "接口", "HTTP", "用时", "内容"), rows, "还没有调用")


def _folded(title: str, text: str) -> str:
    with contextlib.suppress(ValueError):  # what isn't JSON is shown as it came
        text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    return f"<details><summary>{title}</summary><pre>{escape(text)}</pre></details>"


def _fault_note(faults: Faults) -> str:
    if faults == Faults():
        return ""
    told = escape(faults.model_dump_json(exclude_defaults=True))
    return f'<p class="note">正在模拟故障：{told}</p>'
