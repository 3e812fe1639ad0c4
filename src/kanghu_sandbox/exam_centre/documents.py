"""What the centre writes for people: the guide before an exam and the report after it."""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from typing import Any

from kanghu_sandbox.wire.messages import Person, parse_date

from .catalogue import Item
from .pdf import write_pdf
from .repository import Booking

CENTRE = "康护参考体检中心"
ARROWS = {"H": "↑", "L": "↓", "HH": "↑↑", "LL": "↓↓", "A": "异常"}
SEX_NAMES = {"0": "未知", "1": "男", "2": "女", "9": "未说明"}


def guide(
    kind: str, person: Person, booking: Booking, items: Sequence[Item], url_base: str
) -> dict[str, str]:
    """The guide of US-H2 as text, html or the https address of a page."""
    if kind == "url":
        return {"kind": "url", "content": f"{url_base.rstrip('/')}/{booking.exam_no}"}
    lines = _guide_lines(person, booking, items)
    if kind == "text":
        return {"kind": "text", "content": "\n".join(lines)}
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in lines[1:] if line)
    return {"kind": "html", "content": f"<h1>{escape(lines[0])}</h1>{paragraphs}"}


def report(
    kind: str, person: Person, booking: Booking, results: Sequence[dict[str, Any]], version: int
) -> dict[str, str]:
    """The report of US-H4 as text, html or PDF (base64)."""
    lines = _report_lines(person, booking, results, version)
    if kind == "text":
        return {"kind": "text", "content": "\n".join(lines)}
    if kind == "pdf":
        return {"kind": "pdf", "content": base64.b64encode(write_pdf(lines)).decode()}
    return {"kind": "html", "content": _report_html(person, booking, results, version)}


def conclusions(results: Iterable[dict[str, Any]]) -> list[str]:
    """One line for every result that isn't normal."""
    lines = [_conclusion(result) for result in results if result["abnormal_flag"] != "N"]
    return lines or ["本次所检项目未见明显异常"]


def _conclusion(result: dict[str, Any]) -> str:
    mark = ARROWS[result["abnormal_flag"]]
    reference = f"（参考 {result['reference_range']}）" if "reference_range" in result else ""
    return f"{result['item_name']}：{_with_unit(result)} {mark}{reference}"


def _with_unit(result: dict[str, Any]) -> str:
    return f"{result['value']} {result.get('unit', '')}".strip()


def _day(booking: Booking) -> str:
    day = parse_date(booking.appointment_date)
    return f"{day.year}年{day.month}月{day.day}日"


def _guide_lines(person: Person, booking: Booking, items: Sequence[Item]) -> list[str]:
    lines = [
        f"{CENTRE} 体检指引单",
        f"体检编号：{booking.exam_no}　姓名：{person.name}　性别：{SEX_NAMES[person.sex]}",
        f"体检日期：{_day(booking)}　报到地点：一楼体检前台，请带身份证件",
        "注意事项：抽血和腹部彩超须空腹；留尿请取中段尿；孕期或备孕请先告知，不做放射检查。",
        "",
    ]
    for department, group in groupby(
        sorted(items, key=lambda one: one.department), lambda one: one.department
    ):
        lines.append(f"{department}：{'、'.join(item.name for item in group)}")
    return lines


def _report_lines(
    person: Person, booking: Booking, results: Sequence[dict[str, Any]], version: int
) -> list[str]:
    lines = [
        f"{CENTRE} 健康体检报告（第{version}版）",
        f"体检编号：{booking.exam_no}　姓名：{person.name}　性别：{SEX_NAMES[person.sex]}　体检日期：{_day(booking)}",
        "",
        "一、总检结论",
        *(f"{number}. {line}" for number, line in enumerate(conclusions(results), start=1)),
        "",
        "二、各项结果",
    ]
    for result in results:
        mark = ARROWS.get(result["abnormal_flag"], "")
        reference = result.get("reference_range", "")
        lines.append(f"{result['item_name']}　{_with_unit(result)}　{mark}　{reference}".rstrip("　"))
    return lines


def _report_html(person: Person, booking: Booking, results: Sequence[dict[str, Any]], version: int) -> str:
    listed = "".join(f"<li>{escape(line)}</li>" for line in conclusions(results))
    cells = ("item_name", "value", "unit", "abnormal_flag", "reference_range")
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(str(result.get(cell, '')))}</td>" for cell in cells) + "</tr>"
        for result in results
    )
    who = f"体检编号：{booking.exam_no}　姓名：{person.name}　性别：{SEX_NAMES[person.sex]}"
    return (
        f"<h1>{CENTRE} 健康体检报告</h1><p>{escape(who)}　体检日期：{_day(booking)}　第{version}版</p>"
        f"<h2>总检结论</h2><ol>{listed}</ol><h2>各项结果</h2>"
        "<table><thead><tr><th>项目</th><th>结果</th><th>单位</th><th>提示</th><th>参考范围</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )
