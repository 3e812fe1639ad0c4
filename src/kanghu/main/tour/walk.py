"""The steps of the tour, in the order in which the people of a hospital live them."""

import json
import subprocess
import sys
from typing import Any

import typer

from kanghu.main.tour import talk
from kanghu.main.tour.client import Refused
from kanghu.main.tour.mapping import ADDED_ITEM, suggested
from kanghu.main.tour.scene import Step, Tour, show, tell, title, until


async def walk() -> int:
    """The whole loop; the exit code of the process."""
    asked = subprocess.run(  # noqa: ASYNC221 — before anything else runs
        [sys.executable, "-m", "kanghu.main.cli", "demo", "info", "--json"], capture_output=True, text=True
    )
    if asked.returncode != 0:
        typer.echo(asked.stderr.strip() or "请先在另一个窗口执行 make run")
        return 1
    tour = Tour(json.loads(asked.stdout))
    try:
        for number, (text, step) in enumerate(STEPS, start=1):
            title(number, text)
            await step(tour)
    except Refused as error:
        typer.secho(f"\n✗ {error}", fg=typer.colors.RED)
        return 1
    finally:
        await tour.close()
    typer.secho("\n✓ 体检闭环与咨询走完。", bold=True)
    return 0


async def meet(tour: Tour) -> None:
    customer = next(found for found in tour.info["customers"] if found["questionnaire_done"])
    tour.exam_account = customer["exam_account"]
    await tour.customer.sign_in(tour.account("customer", customer["username"]))
    await tour.doctor.sign_in(tour.account("doctor"))
    await tour.it_staff.sign_in(tour.account("it_staff"))
    tell(f"客户 {customer['person']['name']}，已经由 US-K1 绑定体检账号 {tour.exam_account}，问卷已填")
    show("绑定", await tour.customer.get("/api/patient/exchange/bindings"))


async def ask_list(tour: Tour) -> None:
    tell("体检系统用体检账号索取清单，平台按问卷与以往结果生成，用对方的项目代码应答")
    delivery = await tour.sandbox.post("/control/checklist-queries", {"exam_account": tour.exam_account})
    items = delivery["envelope"]["data"]["items"]
    show("请求 POST /open/v1/exam/checklist-queries", {"exam_account": tour.exam_account})
    tell(f"应答 {len(items)} 项，例如：")
    for item in [found for found in items if found.get("reason")][:3]:
        tell(f"  {item['item_code'] or '（未对照）'} {item['name']}：{item['reason'][:60]}")


async def book(tour: Tour) -> None:
    await _cancel_what_is_open(tour)
    days = await tour.customer.get("/api/patient/exams/days", vendor_id=tour.vendor_id)
    free = [day for day in days if day["taken"] < day["capacity"]]
    tell(f"可约 {free[0]['day']} 至 {free[-1]['day']}，当日余量 {free[0]['capacity'] - free[0]['taken']}")
    chosen = free[min(3, len(free) - 1)]["day"]
    wanted = {"vendor_id": tour.vendor_id, "appointment_date": chosen}
    tour.booking = await tour.customer.post("/api/patient/exams/bookings", wanted)
    show("请求 POST /api/patient/exams/bookings", wanted)
    show("应答", {key: tour.booking[key] for key in ("id", "state", "appointment_date")})


async def _cancel_what_is_open(tour: Tour) -> None:
    """A tour that was broken off left a request: it would stand in the way of this one."""
    for booking in (await tour.customer.get("/api/patient/exams/bookings"))["items"]:
        if booking["state"] == "requested":
            await tour.customer.post(f"/api/patient/exams/bookings/{booking['id']}/cancel")


async def confirm(tour: Tour) -> None:
    async def waiting() -> Any:
        page = await tour.doctor.get("/api/admin/health/checklists", limit=200)
        return next((row for row in page["items"] if row["booking_id"] == tour.booking["id"]), None)

    head = await until("医生收到待确认的清单", waiting)
    path = f"/api/admin/health/checklists/{head['id']}"
    checklist = await tour.doctor.get(path)
    tell(
        f"清单 {len(checklist['lines'])} 项，其中可选 {sum(line['optional'] for line in checklist['lines'])} 项"
    )
    for line in [found for found in checklist["lines"] if found["origin"] == "x"][:3]:
        reason = line["reasons"][0]
        tell(f"  {line['name']}：{reason['title']}（{'、'.join(reason['because'])}）")
    tell(f"因缺少数据不能判断的规则 {len(checklist['undecided'])} 条，都列明缺什么")
    optional = next((line for line in checklist["lines"] if line["optional"]), None)
    if optional is not None:
        ticks = {"revision": checklist["revision"], "ticks": {optional["item_code"]: not optional["ticked"]}}
        checklist = await tour.doctor.put(path + "/ticks", ticks)
        tell(f"医生{'取消' if optional['ticked'] else '勾选'}可选项目：{optional['name']}")
    await tour.doctor.post(path + "/confirm", {"revision": checklist["revision"]})
    tell("医生点击「发送」")


async def booked(tour: Tour) -> None:
    async def settled() -> Any:
        found = await tour.doctor.get(f"/api/admin/exams/bookings/{tour.booking['id']}")
        return found if found["state"] in ("booked", "failed") else None

    tour.booking = await until("体检系统应答预约", settled)
    if tour.booking["state"] == "failed":
        raise Refused(f"预约失败：{tour.booking['failure']}")
    tell(f"US-K2 已送达体检系统，体检编号 {tour.booking['exam_no']}")
    calls = await tour.sandbox.get("/control/calls", limit=20)
    call = next(found for found in calls if found["interface"] == "K2")
    show("请求", json.loads(call["request"]), 400)
    show("应答", json.loads(call["answer"]))


async def guide(tour: Tour) -> None:
    run = await tour.sandbox.post("/control/exams", {"exam_no": tour.booking["exam_no"], "steps": ["guide"]})
    show("应答", run["deliveries"][0]["envelope"])
    found = await tour.customer.get(f"/api/patient/exams/bookings/{tour.booking['id']}/guide")
    tell(f"客户看到的指引单（已净化，{len(found['content'])} 字）：{found['content'][:60]!r} …")


async def results(tour: Tour) -> None:
    run = await tour.sandbox.post(
        "/control/exams", {"exam_no": tour.booking["exam_no"], "steps": ["results"]}
    )
    envelope = run["deliveries"][0]["envelope"]
    show("应答", envelope)
    tell("已对照的结果当即入库。客户现场加做一项，体检系统的代码平台还不认识：")
    added = {"exam_no": tour.booking["exam_no"], "change": "1", "values": {ADDED_ITEM: "25.4"}}
    run = await tour.sandbox.post("/control/results", added)
    show("应答", run["deliveries"][0]["envelope"])
    tell("未对照的结果原样暂存，501 逐项列出；没有一条丢失")


async def map_items(tour: Tour) -> None:
    path = f"/api/admin/catalog/vendors/{tour.vendor_id}"
    items = [
        item
        for item in await tour.it_staff.pages(f"{path}/items", status="unmapped")
        if item["code"] == ADDED_ITEM
    ]
    if not items:
        tell(f"{ADDED_ITEM} 在上一次导览中已对照，这次直接入库")
        return
    codes = [item["code"] for item in items]
    wanted = {"vendor_id": tour.vendor_id, "vendor_item_codes": codes}
    preview = await tour.it_staff.post("/api/admin/exchange/staged-results/preview", wanted)
    tell(f"对照 {'、'.join(codes)} 后将释放 {preview['results']} 条等待中的结果")
    choices = await suggested(tour.it_staff, tour.vendor_id, items, 0.5)
    show("确认对照", choices)
    await tour.it_staff.post(f"{path}/mappings/confirm", {"mappings": choices})

    async def released() -> Any:
        after = await tour.it_staff.post("/api/admin/exchange/staged-results/preview", wanted)
        return after["results"] == 0

    await until("等待的结果入库", released)
    tell("等待的结果已自动入库")


async def report(tour: Tour) -> None:
    run = await tour.sandbox.post("/control/exams", {"exam_no": tour.booking["exam_no"], "steps": ["report"]})
    show("应答", run["deliveries"][0]["envelope"])
    reports = await tour.customer.get(f"/api/patient/exams/bookings/{tour.booking['id']}/reports")
    tell(f"客户看到第 {reports[0]['version']} 版报告，结论 {len(reports[0]['conclusions'])} 条")
    for conclusion in reports[0]["conclusions"][:3]:
        tell(f"  {conclusion}")


async def judge(tour: Tour) -> None:
    async def assessed() -> Any:
        cards = await tour.customer.get("/api/patient/health/risks")
        known = {card["model"] for card in cards if card["status"] == "computed"}
        return cards if known >= {"china_par_2016", "ckd_epi_2021_cr"} else None

    for card in await until("风险评估", assessed):
        if card["status"] == "computed":
            tell(f"{card['title']}：{card['value']} {card['unit'] or ''} {card['level_label'] or ''}")
        else:
            tell(f"{card['title']}：{card['reason'] or '缺少 ' + '、'.join(card['missing'])}")
    findings = (await tour.customer.get("/api/patient/health/findings"))["items"]
    tell(f"重要异常结果 {len(findings)} 条")
    for finding in findings[:3]:
        tell(f"  {'【请尽快处理】' if finding['urgent'] else ''}{finding['title']}：{finding['meaning']}")


async def look_back(tour: Tour) -> None:
    for notice in (await tour.customer.get("/api/patient/notices"))["items"][:5]:
        tell(f"消息：{notice['title']}")
    log = await tour.it_staff.get("/api/admin/exchange/messages", vendor_id=tour.vendor_id, limit=8)
    for line in log["items"]:
        tell(f"报文 {line['interface']} {line['direction']} {line['state']} {'、'.join(line['codes'])}")
    done = subprocess.run(  # noqa: ASYNC221
        [sys.executable, "-m", "kanghu.main.cli", "audit", "verify"], capture_output=True, text=True
    )
    tell(done.stdout.strip())


STEPS: tuple[Step, ...] = (
    ("客户已签约绑定（US-K1）", meet),
    ("体检系统索取个性化体检清单（US-H1）", ask_list),
    ("客户选定体检日期", book),
    ("医生查看理由、勾选可选项目并发送", confirm),
    ("平台向体检系统预约（US-K2）", booked),
    ("体检系统发送体检指引（US-H2）", guide),
    ("体检系统推送项目结果（US-H3）", results),
    ("信息科完成项目对照，等待的结果自动入库", map_items),
    ("体检系统推送总检报告（US-H4）", report),
    ("健康监测与风险评估", judge),
    *talk.STEPS,
    ("消息、报文日志与审计链", look_back),
)
