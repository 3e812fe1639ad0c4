"""The envelope of every answer, and the requirement's messages with their own words."""

from typing import Any, Literal

from msgspec import Struct, field


class Message(Struct, frozen=True, omit_defaults=True):
    """`level` is info (提示) or error (错误)."""

    code: str
    level: Literal["info", "error"]
    text: str
    details: dict[str, Any] | None = None


class Envelope(Struct, frozen=True):
    """`accepted` (接收状态): true when the message has been taken over durably, also when a part waits in staging."""

    accepted: bool
    messages: list[Message] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    request_id: str = ""


def no_record(exam_account: str, detail: str) -> Message:
    """301. `detail` is account_unknown or questionnaire_missing (decision 7)."""
    return Message("301", "info", f"查无记录。{exam_account}", {"reason": detail})


def identity_differs(fields: list[str]) -> Message:
    """401 names the fields that differ, never the stored values."""
    names = {"name": "姓名", "sex": "性别", "birth_date": "出生日期", "id_number": "证件号码"}
    return Message(
        "401", "error", f"客户信息不符。{'、'.join(names[field] for field in fields)}", {"fields": fields}
    )


def guide_not_saved(reason: str) -> Message:
    return Message("402", "error", f"保存失败。{reason}")


def notice_not_made(reason: str) -> Message:
    return Message("403", "error", f"消息生成失败。{reason}")


def notice_not_sent(reason: str) -> Message:
    return Message("405", "error", f"消息发送失败。{reason}")


def items_unmatched(items: list[dict[str, str]]) -> Message:
    """501 names every item that could not be matched, with its reason."""
    names = "、".join(f"{item['name']}({item['code']})" if item["name"] else item["code"] for item in items)
    return Message(
        "501",
        "error",
        f"无法匹配项目。{names}",
        {"items": [item["code"] for item in items], "reasons": items},
    )


def results_not_saved(reason: str) -> Message:
    return Message("502", "error", f"保存失败。{reason}")


def report_not_saved(reason: str) -> Message:
    """601; the requirement's prose says 602, kept as its alias (decision 2)."""
    return Message("601", "error", f"保存失败。{reason}", {"alias": "602"})


def items_not_saved() -> Message:
    return Message("701", "error", "保存失败。", {"kept": True})
