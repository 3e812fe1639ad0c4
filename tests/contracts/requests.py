"""A good request for every route, about whatever belongs to one side of the house."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from kanghu.kernel import clock
from kanghu.kernel.security import Access, access_of, all_routes
from kanghu.main import pages
from tests.wechat.pictures import PNG

from .conversing import PICTURE
from .house import CARD, PASSWORD, Side


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    operation: str
    access: Access
    query: tuple[str, ...]

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"


def routes_of(app: FastAPI) -> Iterator[Route]:
    for route in all_routes(app.routes):
        if route.path in pages.OPEN_PATHS:  # built files, the same for everybody
            continue
        assert isinstance(route, APIRoute)
        (access,) = access_of(route.dependant)
        for method in sorted(route.methods or ()):
            query = tuple(param.alias for param in route.dependant.query_params)
            yield Route(method, route.path, str(route.operation_id), access, query)


# What belongs to nobody: the same for every side.
GLOBAL = {
    "item": "LAB.K",
    "identifier": "DE02.01.039.00",
    "kind": "privacy",
    "version": 1,
    "vendor_item_code": "K",
    "notice_template": "guide_received",
    "form": "phq9",
    "draft_form": "draft_form",
    "media_kind": "image",
    "title": "素材",
    "side": "front",
    "tag_id": 100,
    "sender": "tencent",
    "key": "x" * 32,
}
TAG_RULE = {"tag_id": 100, "conditions": {"scenes": ["desk"], "followed_within": 30}, "takes_away": True}
CALLING_WECHAT = (
    "wechat_list_tags",
    "wechat_create_tag",
    "wechat_rename_tag",
    "wechat_delete_tag",
    "wechat_tag_fans",
    "wechat_create_qr_code",
    "wechat_list_quotas",
    "wechat_try_menu",
    "wechat_upload_broadcast_picture",
    "wechat_renew_material",
)
"""WeChat, which is not there in these tests, is asked by them."""
# Operations whose `booking_id` is one that can still be cancelled, and the like.
PATH = {
    "forms_save_draft": {"code": "draft_form"},
    "forms_publish_version": {"code": "draft_form"},
    "exams_cancel_own_booking": {"booking_id": "open_booking_id"},
    "exams_change_own_booking_date": {"booking_id": "open_booking_id"},
    "forms_save_answers": {"response_id": "draft_id"},
    "forms_complete_response": {"response_id": "draft_id"},
    "notices_mark_staff_read": {"notice_id": "staff_notice_id"},
    "notices_save_wechat_template": {"sender": "wechat_account_id"},
    **{
        operation: {"account_id": "wechat_account_id"}
        for operation in (
            "wechat_get_account",
            "wechat_update_account",
            "wechat_test_account",
            "wechat_clear_quota",
            "wechat_list_menus",
            "wechat_save_menu",
            "wechat_publish_menu",
            "wechat_roll_back_menu",
            "wechat_compare_menu",
            "wechat_list_templates",
            "wechat_confirm_callback",
            "wechat_receive_callback",
            "wechat_list_replies",
            "wechat_create_reply",
            "wechat_list_reply_conflicts",
            "wechat_try_replies",
            "wechat_get_desk_hours",
            "wechat_set_desk_hours",
            "wechat_list_fans",
            "wechat_list_qr_codes",
            "wechat_list_broadcasts",
            "wechat_prepare_broadcast",
            "wechat_list_tag_rules",
            "wechat_create_tag_rule",
            "wechat_preview_tag_rule",
            "wechat_run_tag_rules",
            *CALLING_WECHAT,
            "accounts_start_wechat",
            "accounts_unbind_wechat",
        )
    },
    **{
        operation: {"account_id": "wechat_account_id", "rule_id": "reply_rule_id"}
        for operation in ("wechat_update_reply", "wechat_delete_reply")
    },
    **{
        operation: {"account_id": "wechat_account_id", "rule_id": "tag_rule_id"}
        for operation in ("wechat_update_tag_rule", "wechat_delete_tag_rule")
    },
    "messaging_withdraw_own_message": {"message_id": "own_message_id"},
    "messaging_withdraw_message": {"message_id": "staff_message_id"},
    "messaging_resend_message": {"message_id": "staff_message_id"},
    "messaging_upload_own_media": {"kind": "media_kind"},
    "messaging_upload_media": {"kind": "media_kind"},
    "wechat_upload_material": {"kind": "media_kind"},
}


QUERY = {"wechat_upload_material": {"kind": "image", "title": "素材"}}
"""Query parameters that have to be there and name nothing of anybody's."""


def body_of(operation: str, side: Side, common: dict[str, Any]) -> Any:
    """A good body, None for operations without one."""
    if operation == "forms_save_draft":
        return {"definition": common["definition"], "revision": 1}
    return BODIES[operation](side) if operation in BODIES else None


def values_of(operation: str, side: Side, common: dict[str, Any]) -> dict[str, Any]:
    """Name of a path parameter → a value with which the operation is about something of the side."""
    code = GLOBAL["item"]
    if operation.startswith("forms_"):
        code = GLOBAL["form"]
    if operation.startswith("notices_"):
        code = GLOBAL["notice_template"]
    values = {**GLOBAL, "code": code, **side.ids, **common}
    return values | {name: values[instead] for name, instead in PATH.get(operation, {}).items()}


def path_of(route: Route, side: Side, common: dict[str, Any]) -> str:
    return route.path.format_map(values_of(route.operation, side, common))


def filters(route: Route, side: Side) -> dict[str, str]:
    """Query parameters that name something of the side."""
    return {
        **{name: str(side.ids[name]) for name in route.query if name in side.ids},
        **({"permission": "people.person.read"} if "permission" in route.query else {}),
        **QUERY.get(route.operation, {}),
    }


def _person(side: Side) -> dict[str, Any]:
    return {"name": "公孙丁", "sex": "1", "birth_date": "1990-01-01"}


def _package(side: Side) -> dict[str, Any]:
    return {"name": "组合", "item_codes": ["LAB.K"]}


def _app(side: Side) -> dict[str, Any]:
    return {
        "name": "系统",
        "vendor_id": str(side.vendor),
        "interfaces": ["H1"],
        "ip_ranges": ["127.0.0.0/8"],
        "rate_per_minute": 60,
        "sign_types": ["HMAC-SHA256"],
    }


def _vendor(side: Side) -> dict[str, Any]:
    return {"name": "体检系统", "base_url": "http://127.0.0.1:9", "call_app_id": "kanghu"}


MENU = {"buttons": [{"name": "帮助", "type": "click", "key": "HELP"}]}


def _wechat(side: Side) -> dict[str, Any]:
    return {"name": "公众号", "mode": "safe", "api_url": side.ids["wechat_api_url"]}


def _reply(side: Side) -> dict[str, Any]:
    return {"name": "问候", "trigger": "default", "answers": ["您好"], "enabled": True}


def _step(side: Side) -> dict[str, Any]:
    return {"channel": "phone", "said": "已说明"}


def _codes(side: Side) -> dict[str, Any]:
    return {"vendor_item_codes": ["K"]}


def _mappings(side: Side) -> dict[str, Any]:
    return {"mappings": [{"item_code": "LAB.K", "seen": side.ids["seen"], "vendor_item_code": "K"}]}


def _said(side: Side) -> dict[str, Any]:
    return {"client_key": "contract-0001", "kind": "text", "text": "您好"}


def sent(body: Any) -> dict[str, Any]:
    """How a client of httpx is given a good body: JSON, or the bytes of a file."""
    if isinstance(body, bytes):
        return {"content": body}
    return {"json": body}


def _revision(side: Side) -> dict[str, Any]:
    return {"revision": 1}


def _day(days: int) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


Body = Callable[[Side], Any]
BODIES: dict[str, Body] = {
    "accounts_create_account": lambda side: {
        "display_name": "新员工", "institution_id": str(side.institution), "username": "newcomer",
        "department_id": str(side.department),
    },
    "accounts_update_account": lambda side: {
        "display_name": "员工", "institution_id": str(side.institution), "version": 1,
    },
    "accounts_set_grants": lambda side: {"grants": []},
    "accounts_create_app": lambda side: {
        **_app(side), "app_id": "new-app", "institution_id": str(side.institution),
    },
    "accounts_update_app": lambda side: {**_app(side), "state": "disabled", "version": 1},
    "accounts_rotate_secret": lambda side: {"old_valid_minutes": 5},
    "accounts_create_department": lambda side: {
        "code": "new", "institution_id": str(side.institution), "name": "新科室",
    },
    "accounts_update_department": lambda side: {"name": "科室", "version": 1},
    "accounts_create_institution": lambda side: {"code": "third", "name": "第三医院"},
    "accounts_update_institution": lambda side: {"name": "医院", "state": "active", "version": 1},
    "accounts_create_role": lambda side: {"code": "new_role", "name": "新角色", "permissions": []},
    "accounts_update_role": lambda side: {"name": "角色", "permissions": [], "version": 1},
    "accounts_sign_in": lambda side: {"login": "nobody", "password": "x"},
    "accounts_request_phone_code": lambda side: {"phone": side.phone, "purpose": "sign_in"},
    "accounts_sign_in_by_phone": lambda side: {"phone": side.phone, "code": "000000"},
    "accounts_reset_password_by_phone": lambda side: {
        "phone": side.phone, "code": "000000", "password": "Another-Horse-10",
    },
    "accounts_change_password": lambda side: {"current": PASSWORD, "new": "Another-Horse-10"},
    "accounts_confirm_totp": lambda side: {"code": "000000"},
    "catalog_create_item": lambda side: {
        "code": "LOCAL.NEW", "kind": "lab", "name": "新项目", "result_type": "numeric",
    },
    "catalog_change_item": lambda side: {"name": "项目"},
    "catalog_create_package": lambda side: {
        **_package(side), "institution_id": str(side.institution), "code": "NEW-PACKAGE",
    },
    "catalog_check_package": _package,
    "catalog_change_package": lambda side: {**_package(side), "revision": 1},
    "catalog_save_tree": lambda side: {
        "nodes": [{"name": "要素", "path": "a", "value_type": "text"}], "revision": 1,
    },
    "catalog_approve_tree": lambda side: {},
    "catalog_reject_tree": lambda side: {"note": "不全"},
    "catalog_check_mappings": _mappings,
    "catalog_confirm_mappings": _mappings,
    "catalog_disable_mappings": _codes,
    "catalog_reject_mappings": _codes,
    "catalog_remove_mappings": _codes,
    "catalog_suggest_mappings": _codes,
    "exams_set_capacity": lambda side: {"capacity": 9, "vendor_id": str(side.vendor), "day": _day(5)},
    "exams_request_booking": lambda side: {"vendor_id": str(side.vendor), "appointment_date": _day(4)},
    "exams_change_own_booking_date": lambda side: {"appointment_date": _day(6)},
    "exchange_preview_release": lambda side: {**_codes(side), "vendor_id": str(side.vendor)},
    "exchange_drop_staged_result": lambda side: {"why": "重复"},
    "exchange_assign_staged_exam": lambda side: {"booking_id": str(side.ids["booking_id"])},
    "exchange_create_vendor": lambda side: {
        **_vendor(side), "institution_id": str(side.institution), "call_secret": "secret-secret",
    },
    "exchange_update_vendor": lambda side: {**_vendor(side), "version": 1},
    "exchange_bind_account": lambda side: {
        "accepted": True, "agreement_version": side.ids["agreement_version"], "vendor_id": str(side.vendor),
        "person_id": str(side.person),
    },
    "forms_create_form": lambda side: {"code": "new_form", "kind": "questionnaire", "title": "新问卷"},
    "forms_create_draft": lambda side: {"from_version": 1},
    "forms_save_draft": lambda side: {"definition": {}, "revision": 1},
    "forms_try_out_version": lambda side: {"answers": {}},
    "forms_publish_version": _revision,
    "forms_save_answers": lambda side: {"answers": {}, "revision": 1, "version": 1},
    "forms_complete_response": _revision,
    "health_confirm_checklist": _revision,
    "health_add_checklist_line": lambda side: {"item_code": "LAB.K", "reason": "复查", "revision": 1},
    "health_tick_checklist_lines": lambda side: {"revision": 1, "ticks": {side.ids["line"]: True}},
    "health_record_finding": lambda side: {
        "person_id": str(side.person), "institution_id": str(side.institution), "rule_id": "A.ECG",
        "item_code": "EXAM.ECG", "note": "所见",
    },
    "health_acknowledge_finding": _step,
    "health_follow_up_finding": _step,
    "health_notify_finding": _step,
    "health_close_finding": lambda side: {"reason": "已处理"},
    "health_remeasure_finding": lambda side: {"sbp": 120, "dbp": 80},
    "main_order_export": lambda side: {"kind": "health.findings", "filters": {"finding_class": "A"}},
    "messaging_send_own_message": lambda side: _said(side),
    "messaging_mark_own_read": lambda side: {"up_to": 1},
    "messaging_upload_own_media": lambda side: PICTURE,
    "messaging_rate_service": lambda side: {"service_session_id": str(side.ids["service_session_id"]), "score": 5},
    "messaging_send_message": lambda side: _said(side),
    "messaging_mark_read": lambda side: {"up_to": 1},
    "messaging_upload_media": lambda side: PICTURE,
    "messaging_transfer_conversation": lambda side: {"to_skill": "exam", "note": "请接手"},
    "messaging_end_conversation": lambda side: {"reason": "solved", "summary": "已答复"},
    "messaging_take_over_conversation": lambda side: {"note": "我来"},
    "messaging_search_history": lambda side: {"text": "您好"},
    "messaging_report_presence": lambda side: {"state": "online", "skills": ["general"], "max_load": 5},
    "messaging_add_quick_reply": lambda side: {"title": "问候", "body": "您好", "shared": True},
    "messaging_change_quick_reply": lambda side: {"title": "问候", "body": "您好", "version": 1},
    "notices_mark_staff_read_up_to": lambda side: {"up_to": str(side.ids["staff_notice_id"])},
    "notices_mark_own_read_up_to": lambda side: {"up_to": str(side.ids["notice_id"])},
    "notices_reword_template": lambda side: {"title": "标题", "body": "正文", "version": 1},
    "notices_choose_own_preferences": lambda side: {"wishes": [{"topic": "booking", "channel": "sms", "on": False}]},
    "notices_give_own_email": lambda side: {"email": "someone@example.com"},
    "notices_confirm_own_email": lambda side: {"code": "654321"},
    "notices_save_wechat_template": lambda side: {
        "version": 0, "kind": "template", "external_id": "T1", "fields": [{"name": "thing1", "value": "{title}"}],
    },
    "notices_save_sms_template": lambda side: {"version": 0, "kind": "sms", "external_id": "1001"},
    "notices_change_settings": lambda side: {
        "version": 0, "channels": ["sms"], "quiet_from": "22:00", "quiet_until": "08:00", "sms_order": ["tencent"],
        "caps": {name: {"hour": 5, "day": 10} for name in ("wechat", "sms", "email")},
    },
    "people_begin_face_check": lambda side: {"channel": "h5"},
    "people_keep_card_picture": lambda side: CARD,
    "people_decide_id_card": lambda side: {"agrees": True},
    "people_publish_agreement": lambda side: {"title": "隐私政策", "content": "正文", "provenance": "院方"},
    "people_register_person": lambda side: {
        "person": _person(side), "institution_id": str(side.institution), "department_id": str(side.department),
    },
    "people_search_persons": lambda side: {"id_number": side.id_number},
    "people_correct_person": lambda side: {"version": 1, "occupation": "教师"},
    "people_place_person": lambda side: {"department_id": str(side.department)},
    "people_sign_consent": lambda side: {
        "channel": "h5", "institution_id": str(side.institution), "kind": "data_use_agreement",
        "text_version": side.ids["agreement_version"],
    },
    "people_revoke_consent": lambda side: {"channel": "h5"},
    "people_add_family_member": lambda side: {"person": _person(side), "relation": "child"},
    "people_change_me": lambda side: {"version": 1, "occupation": "教师"},
    "people_sign_up": lambda side: {
        "institution_id": str(side.institution), "password": PASSWORD, "person": _person(side),
    },
    "wechat_create_account": lambda side: {
        **_wechat(side), "institution_id": str(side.institution), "kind": "official", "appid": "wx00000000000000ff",
        "secret": "0123456789abcdef", "token": "token", "aes_key": "a" * 43,
    },
    "accounts_sign_in_by_wechat": lambda side: {
        "account_id": str(side.ids["wechat_account_id"]), "code": "code", "state": "state",
    },
    "accounts_sign_in_by_mini_program": lambda side: {
        "account_id": str(side.ids["wechat_account_id"]), "code": "code",
    },
    "accounts_sign_in_by_wechat_phone": lambda side: {"offer": "o" * 43, "code": "code"},
    "accounts_bind_wechat": lambda side: {"offer": "o" * 43},
    "wechat_create_reply": _reply,
    "wechat_update_reply": lambda side: {**_reply(side), "version": 1},
    "wechat_try_replies": lambda side: {"what": "message", "text": "您好"},
    "wechat_set_desk_hours": lambda side: {"opens": 480, "closes": 1020, "days": [1, 2, 3, 4, 5]},
    "wechat_create_tag_rule": lambda side: {**TAG_RULE, "name": "规则"},
    "wechat_update_tag_rule": lambda side: {**TAG_RULE, "name": "规则", "version": 1},
    "wechat_preview_tag_rule": lambda side: TAG_RULE,
    "wechat_create_tag": lambda side: {"name": "会员"},
    "wechat_rename_tag": lambda side: {"name": "会员"},
    "wechat_tag_fans": lambda side: {"openids": [f"o-{side.name}"]},
    "wechat_create_qr_code": lambda side: {"name": "门诊", "scene": "desk-1", "days": 7},
    "wechat_prepare_broadcast": lambda side: {
        "name": "体检月", "audience": "all", "kind": "text", "text": f"{side.name} 体检月",
    },
    "wechat_preview_broadcast": lambda side: {"openid": f"o-{side.name}"},
    "wechat_upload_broadcast_picture": lambda side: PICTURE,
    "wechat_upload_material": lambda side: PNG,
    "wechat_rename_material": lambda side: {"title": "地图"},
    "wechat_save_menu": lambda side: {"revision": 1, "content": MENU},
    "wechat_publish_menu": lambda side: {"revision": 1},
    "wechat_roll_back_menu": lambda side: {"number": 1, "revision": 2},
    "wechat_try_menu": lambda side: {"user": f"o-{side.name}"},
    "wechat_update_account": lambda side: {**_wechat(side), "version": 1},
}  # fmt: skip
