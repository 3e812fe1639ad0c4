"""H1–H5 for vendors. Bodies are read by msgspec; their JSON Schemas stand in the OpenAPI document."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from kanghu.modules.exchange.access import signed_call
from kanghu.modules.exchange.service import interfaces
from kanghu.modules.exchange.service.receive import Interface, SignedCall, answer
from kanghu.modules.exchange.wire import datasets, envelope

open_api = APIRouter(prefix="/open/v1/exam", tags=["exchange"])

_SIGNATURE_HEADERS = [
    {"name": "X-App-Id", "in": "header", "required": True, "schema": {"type": "string"}},
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
        "schema": {"type": "string", "minLength": 16, "maxLength": 64},
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
    },
    {
        "name": "X-Request-Id",
        "in": "header",
        "schema": {"type": "string", "maxLength": 64},
        "description": "幂等键：相同编号相同内容返回首次应答，内容不同返回 409",
    },
]
_FAULTS = {
    401: "签名缺失、不正确、过期或重放",
    403: "该应用未开通此接口或来源地址不在允许范围",
    409: "X-Request-Id 已用于另一内容",
    413: "报文过大",
    415: "不是 application/json",
    422: "报文格式不正确",
    429: "请求过于频繁",
    503: "服务暂时不可用，请稍后重试",
}

COMPONENTS: dict[str, Any] = {}
"""Schemas of all data sets; `main` puts them into the open document."""


def _document(kind: type) -> dict[str, Any]:
    """The OpenAPI parts that FastAPI can't know of a body read by msgspec."""
    top, components = datasets.schema(kind)
    answered, more = datasets.schema(envelope.Envelope)
    fault = {
        "type": "object",
        "required": ["code", "message", "request_id"],
        "properties": {name: {"type": "string"} for name in ("code", "message", "request_id")},
    }
    COMPONENTS.update(components | more | {"TransportFault": fault})
    return {
        "parameters": _SIGNATURE_HEADERS,
        "requestBody": {"required": True, "content": {"application/json": {"schema": top}}},
        "responses": {
            "200": {"description": "业务应答", "content": {"application/json": {"schema": answered}}},
            **{
                str(status): {
                    "description": text,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/TransportFault"}}
                    },
                }
                for status, text in _FAULTS.items()
            },
        },
    }


def _serve(path: str, interface: Interface, kind: type, operation_id: str, title: str) -> None:
    async def endpoint(
        call: Annotated[SignedCall, signed_call(interface.code)], request: Request
    ) -> Response:
        return Response(
            await answer(request.app.state.database, call, interface), media_type="application/json"
        )

    handler: Callable[..., Awaitable[Response]] = endpoint
    open_api.add_api_route(
        path,
        handler,
        methods=["POST"],
        operation_id=operation_id,
        summary=title,
        response_class=Response,
        openapi_extra=_document(kind),
    )


_serve(
    "/checklist-queries",
    interfaces.H1,
    datasets.ChecklistQuery,
    "exchange_query_checklist",
    "US-H1 获取个性化体检清单",
)
_serve("/guides", interfaces.H2, datasets.GuidePush, "exchange_push_guide", "US-H2 发送体检指引")
_serve("/results", interfaces.H3, datasets.ResultPush, "exchange_push_results", "US-H3 推送体检项目结果")
_serve("/reports", interfaces.H4, datasets.ReportPush, "exchange_push_report", "US-H4 推送体检报告")
_serve(
    "/item-changes", interfaces.H5, datasets.ItemChangePush, "exchange_change_items", "US-H5 变更体检项目明细"
)
