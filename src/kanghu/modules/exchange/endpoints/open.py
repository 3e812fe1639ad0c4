"""H1–H5 for vendors. Bodies are read by msgspec; their JSON Schemas stand in `wire.document`."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from kanghu.kernel.security import access_of
from kanghu.kernel.web import Router
from kanghu.modules.exchange.access import SignedAccess, signed_call
from kanghu.modules.exchange.service import interfaces
from kanghu.modules.exchange.service.receive import Interface, SignedCall, answer
from kanghu.modules.exchange.wire import document


class SignedRoute(APIRoute):
    """Asks its access directly: these are the hot routes, and what solves dependencies in general costs them CPU."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        (access,) = access_of(self.dependant)
        assert isinstance(access, SignedAccess)

        async def handle(request: Request) -> Response:
            answered: Response = await self.endpoint(await access(request), request)
            return answered

        return handle


open_api = Router(prefix="/open/v1/exam", tags=["exchange"], route_class=SignedRoute)


def _serve(path: str, interface: Interface, operation_id: str, title: str) -> None:
    async def endpoint(
        call: Annotated[SignedCall, signed_call(interface.code)], request: Request
    ) -> Response:
        return Response(
            await answer(request.app.state.database, call, interface), media_type="application/json"
        )

    endpoint.__doc__ = title
    open_api.add_api_route(
        path,
        endpoint,
        methods=["POST"],
        operation_id=operation_id,
        response_class=Response,
        openapi_extra=document.operation(interface.code),
    )


_serve("/checklist-queries", interfaces.H1, "exchange_query_checklist", "US-H1 获取个性化体检清单")
_serve("/guides", interfaces.H2, "exchange_push_guide", "US-H2 发送体检指引")
_serve("/results", interfaces.H3, "exchange_push_results", "US-H3 推送体检项目结果")
_serve("/reports", interfaces.H4, "exchange_push_report", "US-H4 推送体检报告")
_serve("/item-changes", interfaces.H5, "exchange_change_items", "US-H5 变更体检项目明细")
