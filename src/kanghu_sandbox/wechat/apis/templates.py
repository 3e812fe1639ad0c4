"""模板消息 and 订阅通知: sent from templates, shown in the chat, their end told by an event."""

from collections.abc import Mapping
from typing import Any

from kanghu_sandbox.wechat import chat, consents, people, template_rules
from kanghu_sandbox.wechat.account import Template
from kanghu_sandbox.wechat.codes import OK, Refused
from kanghu_sandbox.wechat.interface import EITHER, MINI, Answer, Api, Call
from kanghu_sandbox.wechat.pushes import Push
from kanghu_sandbox.wechat.store import Tx


def send_template(tx: Tx, call: Call) -> Answer:
    """To a follower; the answer's msgid comes back in TEMPLATESENDJOBFINISH.

    What a client_msg_id sent twice within ten minutes gets is told nowhere; the table's code for "same clientmsgid" is.
    """
    person = people.get(tx, call.text("touser", 41009))
    template_id, template = _template(call, "template")
    if not person.following:
        raise Refused(43004)
    shown = _shown(call, template_id, template)
    msg_id = consents.remember(tx, person.openid, str(call.body.get("client_msg_id", "")), call.now)
    status = call.wechat.faults.now.template_finish
    if status == "success":
        chat.show(tx, person.openid, chat.ACCOUNT, "template", shown, call.now)
    event = {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": msg_id, "Status": status}
    call.pushes.append(Push(person.openid, event, answerable=False))
    return OK | {"msgid": msg_id}


def send_subscription(tx: Tx, call: Call) -> Answer:
    """By consent, followers or not; the answer has no msgid."""
    person = people.get(tx, call.text("touser", 41009))
    template_id, template = _template(call, "subscription")
    shown = _shown(call, template_id, template)
    consents.use(tx, person.openid, template_id, template.long_term)
    msg_id = consents.remember(tx, person.openid, "", call.now)
    chat.show(tx, person.openid, chat.ACCOUNT, "template", shown, call.now)
    sent = {
        "TemplateId": template_id,
        "MsgID": str(msg_id),
        "ErrorCode": "0",
        "ErrorStatus": "success",
    }
    event = {
        "MsgType": "event",
        "Event": "subscribe_msg_sent_event",
        "SubscribeMsgSentEvent": {"List": [sent]},
    }
    call.pushes.append(Push(person.openid, event, answerable=False))
    return OK


def send_mini_subscription(tx: Tx, call: Call) -> Answer:
    """The mini-program's; the person is known by the openid there. A mini-program has no callback here."""
    person = people.get_by_mini_openid(tx, call.text("touser", 41009))
    template_id, template = _template(call, "mini_subscription")
    shown = _shown(call, template_id, template)
    consents.use(tx, person.openid, template_id, template.long_term)
    chat.show(tx, person.openid, chat.ACCOUNT, "template", shown, call.now)
    return OK


def send_uniform(_tx: Tx, _call: Call) -> Answer:
    """统一服务消息, taken off in September 2023."""
    raise Refused(45109)


def list_templates(_tx: Tx, call: Call) -> Answer:
    """Those of template messages."""
    found = [
        {
            "template_id": template_id,
            "title": one.title,
            "primary_industry": "",
            "deputy_industry": "",
            "content": one.content,
            "example": one.example,
        }
        for template_id, one in _of_kind(call, "template").items()
    ]
    return {"template_list": found}


def list_subscriptions(_tx: Tx, call: Call) -> Answer:
    """Those of subscription notices of the account or of the mini-program; type 2 once, 3 long-term."""
    kind = "subscription" if call.app_id == call.account.app_id else "mini_subscription"
    found = [
        {
            "priTmplId": template_id,
            "title": one.title,
            "content": one.content,
            "example": one.example,
            "type": 3 if one.long_term else 2,
        }
        for template_id, one in _of_kind(call, kind).items()
    ]
    return OK | {"data": found}


def _of_kind(call: Call, kind: str) -> dict[str, Template]:
    return {name: one for name, one in call.account.templates.items() if one.kind == kind}


def _template(call: Call, kind: str) -> tuple[str, Template]:
    template_id = call.text("template_id", 40037)
    template = _of_kind(call, kind).get(template_id)
    if template is None:
        raise Refused(40037)
    return template_id, template


def _shown(call: Call, template_id: str, template: Template) -> dict[str, Any]:
    program = call.body.get("miniprogram")
    return {
        "template_id": template_id,
        "title": template.title,
        "lines": template_rules.fill(template, call.body.get("data")),
        "url": str(call.body.get("url") or ""),
        "page": str(call.body.get("page") or ""),
        "miniprogram": dict(program) if isinstance(program, Mapping) else {},
    }


APIS = (
    Api("POST", "/cgi-bin/message/template/send", send_template),
    Api("GET", "/cgi-bin/template/get_all_private_template", list_templates),
    Api("POST", "/cgi-bin/message/subscribe/bizsend", send_subscription),
    Api("GET", "/wxaapi/newtmpl/gettemplate", list_subscriptions, of=EITHER),
    Api("POST", "/cgi-bin/message/subscribe/send", send_mini_subscription, of=MINI),
    Api("POST", "/cgi-bin/message/wxopen/template/uniform_send", send_uniform, of=MINI),
)
