"""The three API documents: admin and patient for the clients that are generated from them, open for vendors.

FastAPI describes bodies and answers; added here is what holds for every route of the house: Chinese summaries, who may call,
and the one shape of every error.
"""

import json
import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

import kanghu
from kanghu.kernel.security import FOR_PERSON, ON_BEHALF, Anyone, access_of, all_routes
from kanghu.modules.exchange.wire import document as exchange

AUDIENCES = {
    "admin": ("康护管理端接口", ("/api/admin/", "/api/session", "/api/live")),
    "patient": ("康护客户端接口", ("/api/patient/", "/api/session", "/api/live")),
    "open": ("康护体检对接开放接口", ("/open/",)),
}

_ABOUT = (
    "除注明“无须登录”的接口外，请求须带 `Authorization: Bearer 令牌`。"
    "错误一律为 `{code, message, request_id, fields?}`：code 是固定的代码，message 是给人看的说明，"
    "fields 指出哪一个输入项有误。分页接口返回 `next`，原样放入 `cursor` 即得下一页。"
)

ERROR = {
    "type": "object",
    "description": "所有错误的应答",
    "required": ["code", "message", "request_id"],
    "properties": {
        "code": {"type": "string", "description": "固定的错误代码：模块.问题"},
        "message": {"type": "string", "description": "中文说明"},
        "request_id": {"type": "string", "description": "请求编号，报告问题时提供"},
        "fields": {
            "type": "object",
            "description": "输入项 → 有什么问题",
            "additionalProperties": {"type": "string"},
        },
    },
}

_FOR_PERSON = {
    "name": FOR_PERSON,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "format": "uuid"},
    "description": "代家庭成员办理时，成员的 person_id；不填即为本人",
}
_SIGNED_IN = {401: "未登录，或登录已失效", 403: "没有权限"}
_ALWAYS = {404: "没有找到，或不在数据范围内", 422: "提交的内容有误", 503: "服务暂时不可用，请稍后再试"}
_WRITING = {409: "与现状冲突，如已被他人修改", 413: "提交的内容过大", 429: "操作过于频繁"}


def document(app: FastAPI, audience: str) -> dict[str, Any]:
    """The OpenAPI document of one audience: admin, patient or open. The same code gives the same text."""
    title, prefixes = AUDIENCES[audience]
    routes = [
        route
        for route in all_routes(app.routes)
        if isinstance(route, APIRoute) and route.include_in_schema and route.path.startswith(prefixes)
    ]
    found = get_openapi(title=title, version=kanghu.__version__, routes=routes)
    for route in routes:
        for method in sorted(route.methods or ()):
            described = found["paths"][route.path_format][method.lower()]
            _say_in_chinese(described, route)
            if audience != "open":
                _say_who_may_call(described, route)
                _describe_errors(described, method, signed_in=not isinstance(_access(route), Anyone))
    if audience == "open":
        found["info"]["description"] = exchange.ABOUT
        found["webhooks"] = exchange.webhooks()
        found["components"] = {"schemas": exchange.components()}
        return found
    found["info"]["description"] = _ABOUT
    components = found.setdefault("components", {})
    components["schemas"] = {**components.get("schemas", {}), "Error": ERROR}
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    bearer = {"type": "http", "scheme": "bearer", "description": "登录后取得的会话令牌"}
    components["securitySchemes"] = {"session": bearer}
    return _with_short_names(found)


def text(app: FastAPI, audience: str) -> str:
    """The document as it stands in `openapi/`."""
    return json.dumps(document(app, audience), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _access(route: APIRoute) -> Any:
    (access,) = access_of(route.dependant)
    return access


def _say_in_chinese(described: dict[str, Any], route: APIRoute) -> None:
    """The summary is the first line of the docstring; FastAPI's own is made of the function's English name."""
    summary, _, rest = (route.description or "").strip().partition("\n")
    described["summary"] = summary
    extra = (route.openapi_extra or {}).get("description", "")
    more = "\n\n".join(part for part in (rest.strip(), extra) if part)
    described.pop("description", None)
    if more:
        described["description"] = more
    for status, answer in described["responses"].items():
        if answer.get("description") == "Successful Response":
            answer["description"] = "完成，无内容" if status == "204" else "成功"


def _say_who_may_call(described: dict[str, Any], route: APIRoute) -> None:
    access = _access(route)
    if isinstance(access, Anyone):
        described["security"] = []
        described["x-anyone"] = access.why
        return
    described["security"] = [{"session": []}]
    if route.path.startswith(ON_BEHALF):
        described.setdefault("parameters", []).append(_FOR_PERSON)
    if access.permission is not None:
        described["x-permission"] = access.permission


def _describe_errors(described: dict[str, Any], method: str, *, signed_in: bool) -> None:
    statuses = {
        **(_SIGNED_IN if signed_in else {401: "登录失败"}),
        **_ALWAYS,
        **(_WRITING if method != "GET" else {}),
    }
    answers = described["responses"]
    own = {
        int(status): answer["description"]
        for status, answer in answers.items()
        if int(status) >= 400 and answer["description"] != "Validation Error"
    }
    for status, said in sorted({**statuses, **own}.items()):
        schema = {"$ref": "#/components/schemas/Error"}
        answers[str(status)] = {"description": said, "content": {"application/json": {"schema": schema}}}


def _with_short_names(found: dict[str, Any]) -> dict[str, Any]:
    """FastAPI calls models of the same name by their module's path: kanghu__modules__health__schemas__ReasonView → HealthReasonView."""
    written = re.sub(
        r"kanghu__modules__([a-z]+)__[a-z_]*?__(\w+)",
        lambda match: match[1].capitalize() + match[2],
        json.dumps(found, ensure_ascii=False),
    )
    renamed: dict[str, Any] = json.loads(written)
    return renamed
