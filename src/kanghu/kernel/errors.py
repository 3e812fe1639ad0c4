"""Errors that carry their HTTP status and a permanent code; the message is Chinese and says what to do."""

from collections.abc import Mapping
from typing import Any, ClassVar


class AppError(Exception):
    """Base of every expected error. Subclasses set `code` (`module.noun_problem`) and `message`.

    `fields` names the input field that is wrong → what is wrong with it, in Chinese.
    """

    status: ClassVar[int] = 400
    code: str = "request.refused"
    message: str = "请求未能完成"

    def __init__(
        self,
        message: str | None = None,
        *,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message or self.message)
        self.message = message or self.message
        self.fields = dict(fields or {})
        self.headers = dict(headers or {})

    def body(self, request_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = {"code": self.code, "message": self.message, "request_id": request_id}
        if self.fields:
            answer["fields"] = self.fields
        return answer


class Unauthenticated(AppError):
    status = 401
    code = "access.unauthenticated"
    message = "请先登录"


class Forbidden(AppError):
    status = 403
    code = "access.forbidden"
    message = "您没有权限进行此操作，如有需要请联系管理员"


class NotFound(AppError):
    status = 404
    code = "request.not_found"
    message = "没有找到您要的内容"


class Conflict(AppError):
    status = 409
    code = "request.conflict"
    message = "内容已被他人修改，请刷新后重试"


class TooLarge(AppError):
    status = 413
    code = "request.too_large"
    message = "提交的内容过大"


class UnsupportedMedia(AppError):
    status = 415
    code = "request.unsupported_media"
    message = "不支持的内容类型，请使用 application/json"


class Invalid(AppError):
    status = 422
    code = "request.invalid"
    message = "提交的内容有误，请检查后重试"


class TooMany(AppError):
    status = 429
    code = "request.too_many"
    message = "操作过于频繁，请稍后再试"


class Unavailable(AppError):
    status = 503
    code = "service.unavailable"
    message = "服务暂时不可用，请稍后再试"
