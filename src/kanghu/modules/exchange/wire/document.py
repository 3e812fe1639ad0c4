"""The seven interfaces as they stand in the open API document: headers, bodies, answers, faults, examples.

FastAPI cannot know the bodies, which msgspec reads, nor K1 and K2, which the vendor serves and which are therefore `webhooks`.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from kanghu.modules.exchange.wire import datasets, envelope, examples

ABOUT = """\
体检系统与康护平台之间的七个接口。H1–H5 由本平台提供，体检系统调用；K1、K2 由体检系统在其自己的地址下提供，\
本平台以同样的规则调用，列在本文档的 webhooks 中。

**传输**：HTTPS，`application/json; charset=utf-8`。每次调用（两个方向）都带签名请求头。

**签名**：`X-Signature` = 小写十六进制的 \
`HMAC(密钥, "方法\\n路径?查询\\n时间戳\\n随机串\\n十六进制(HASH(报文))")`，没有查询串时不带问号；`X-Sign-Type` 为 \
`HMAC-SHA256`（默认）或 `HMAC-SM3`（GB/T 32905）。时间戳与服务器相差不超过 300 秒，随机串在此时间内只能使用一次。

**应答**：业务结果一律为 HTTP 200 与统一的应答结构，`accepted` 即接收状态；HTTP 4xx、5xx 只表示传输层的问题，此时报文未被处理，\
可按说明更正后重发。

**重发**：带相同 `X-Request-Id` 与相同报文的重发得到首次的应答；相同编号、不同报文返回 409。

**限制**：报文不超过 1 MiB（体检报告 8 MiB），每次推送不超过 2000 条结果，每次变更不超过 10000 个项目。未知的字段被忽略，不会报错。
"""

SIGNATURE_HEADERS: list[dict[str, Any]] = [
    {
        "name": "X-App-Id",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 64},
        "description": "应用编号，由接收方发放",
    },
    {
        "name": "X-Timestamp",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9]{1,12}$"},
        "description": "Unix 秒，与服务器相差不超过 300 秒",
    },
    {
        "name": "X-Nonce",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "pattern": "^[!-~]{16,64}$"},
        "description": "每次请求一个新的随机串",
    },
    {
        "name": "X-Signature",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "description": "HMAC(密钥, 方法\\n路径?查询\\n时间戳\\n随机串\\n十六进制(HASH(报文)))",
    },
    {
        "name": "X-Sign-Type",
        "in": "header",
        "schema": {"type": "string", "enum": ["HMAC-SHA256", "HMAC-SM3"], "default": "HMAC-SHA256"},
        "description": "签名算法",
    },
    {
        "name": "X-Request-Id",
        "in": "header",
        "schema": {"type": "string", "pattern": "^[!-~]{1,64}$"},
        "description": "幂等键：相同编号相同内容返回首次应答，内容不同返回 409",
    },
]
FAULTS = {
    401: "签名缺失、不正确、过期或重放",
    403: "该应用未开通此接口或来源地址不在允许范围",
    409: "X-Request-Id 已用于另一内容",
    413: "报文过大",
    415: "不是 application/json",
    422: "报文格式不正确",
    429: "请求过于频繁，按 Retry-After 稍后重试",
    503: "服务暂时不可用，请稍后重试",
}


class ChecklistData(Struct):
    """US-H1 的应答数据"""

    person: datasets.Person
    items: Annotated[list[datasets.ListItem], Meta(description="个性化体检项目清单")]


class ResultCounts(Struct):
    """US-H3 的应答数据"""

    stored: Annotated[int, Meta(description="已入库（或已删除）的结果数", ge=0)]
    staged: Annotated[int, Meta(description="等待处理的结果数，原因见 501", ge=0)]
    unchanged: Annotated[int, Meta(description="与已有结果相同或更旧、未改变任何内容的结果数", ge=0)]


class ItemCounts(Struct):
    """US-H5 的应答数据"""

    added: Annotated[int, Meta(description="新增的项目数", ge=0)]
    updated: Annotated[int, Meta(description="修改的项目数", ge=0)]
    retired: Annotated[int, Meta(description="停用的项目数（已有结果，不能删除）", ge=0)]
    removed: Annotated[int, Meta(description="删除的项目数", ge=0)]


class Nothing(Struct):
    """没有数据"""


# interface → (body, data of a positive answer, its codes)
_CONTRACT: dict[str, tuple[type, type, str]] = {
    "K1": (datasets.AccountBinding, datasets.AccountBindingData, "103 已新建账号（提示）；104 绑定失败"),
    "K2": (datasets.Appointment, datasets.AppointmentData, "201 预约日期超出范围；202 预约失败"),
    "H1": (datasets.ChecklistQuery, ChecklistData, "301 查无记录（提示）"),
    "H2": (
        datasets.GuidePush,
        Nothing,
        "301 查无记录；401 客户信息不符；402 保存失败；403 消息生成失败；405 消息发送失败",
    ),
    "H3": (
        datasets.ResultPush,
        ResultCounts,
        "301 查无记录；401 客户信息不符；501 无法匹配项目（未匹配的结果等待处理，其余已入库）；502 保存失败",
    ),
    "H4": (datasets.ReportPush, Nothing, "301 查无记录；401 客户信息不符；601 保存失败（同 602）"),
    "H5": (datasets.ItemChangePush, ItemCounts, "701 保存失败"),
}
_TITLES = {"K1": "US-K1 绑定体检账号", "K2": "US-K2 预约体检"}
_PATHS = {"K1": "{体检系统地址}/exam/v1/account-bindings", "K2": "{体检系统地址}/exam/v1/appointments"}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: dict[str, Any], samples: dict[str, Any] | None = None) -> dict[str, Any]:
    content = {"schema": schema, **({"examples": samples} if samples else {})}
    return {"application/json": content}


def operation(interface: str) -> dict[str, Any]:
    """Parameters, body and answers of one interface, for `openapi_extra` or a webhook."""
    body, data, codes = _CONTRACT[interface]
    either = {"anyOf": [_reference(data.__name__), _reference("Nothing")]}
    answer = {
        "allOf": [_reference("Envelope"), {"type": "object", "properties": {"data": either}}],
    }
    samples = {"accepted": {"summary": "已接收", "value": examples.ANSWERS[interface]}}
    if interface in examples.REFUSED:
        samples["refused"] = {"summary": "未接收", "value": examples.REFUSED[interface]}
    request = {"example": {"summary": "示例", "value": examples.REQUESTS[interface]}}
    return {
        "description": f"应答代码：{codes}。",
        "parameters": SIGNATURE_HEADERS,
        "requestBody": {"required": True, "content": _json(_reference(body.__name__), request)},
        "responses": {
            "200": {"description": "业务应答", "content": _json(answer, samples)},
            **{
                str(status): {"description": text, "content": _json(_reference("TransportFault"))}
                for status, text in FAULTS.items()
            },
        },
    }


def webhooks() -> dict[str, Any]:
    """K1 and K2: what a vendor's system must serve."""
    found = {}
    for interface, title in _TITLES.items():
        described = operation(interface)
        described["summary"] = title
        described["operationId"] = f"vendor_{interface.lower()}"
        described["tags"] = ["vendor"]
        described["description"] = (
            f"由体检系统提供：`POST {_PATHS[interface]}`，本平台调用。{described['description']}"
        )
        found[interface] = {"post": described}
    return found


def components() -> dict[str, Any]:
    """JSON Schemas of the seven data sets, the envelope and the transport fault."""
    kinds: list[type] = [envelope.Envelope, Nothing]
    for body, data, _ in _CONTRACT.values():
        kinds += [body, data]
    _, found = msgspec.json.schema_components(
        list(dict.fromkeys(kinds)), ref_template="#/components/schemas/{name}"
    )
    found["Nothing"]["maxProperties"] = 0
    found["TransportFault"] = {
        "type": "object",
        "description": "传输层的问题：报文未被处理",
        "required": ["code", "message", "request_id"],
        "properties": {
            "code": {"type": "string", "description": "固定的代码，如 exchange.signature_invalid"},
            "message": {"type": "string", "description": "中文说明"},
            "request_id": {"type": "string", "description": "请求编号，查询时提供给医院信息科"},
        },
    }
    return found
