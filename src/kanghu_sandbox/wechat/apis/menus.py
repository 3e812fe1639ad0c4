"""自定义菜单, with personalised ones by tag."""

from collections.abc import Mapping

from kanghu_sandbox.wechat import media, menus, people, tags
from kanghu_sandbox.wechat.codes import OK, Refused
from kanghu_sandbox.wechat.interface import Answer, Api, Call
from kanghu_sandbox.wechat.menus import Menu
from kanghu_sandbox.wechat.store import Tx


def create(tx: Tx, call: Call) -> Answer:
    """Puts itself in the place of the default menu."""
    menus.replace_default(tx, _checked(tx, call))
    return OK


def get(tx: Tx, _call: Call) -> Answer:
    """All menus. Raises Refused 46003 when there is none."""
    default, personalised = menus.default(tx), menus.personalised(tx)
    if default is None:
        raise Refused(46003)
    answer: Answer = {"menu": {"button": default.buttons, "menuid": default.id}}
    return answer | ({"conditionalmenu": [_conditional(one) for one in personalised]} if personalised else {})


def get_current(tx: Tx, _call: Call) -> Answer:
    """The default menu in the console's shape: buttons below hang in a list."""
    default = menus.default(tx)
    if default is None:
        return {"is_menu_open": 0}
    buttons = [
        {"name": one["name"], "sub_button": {"list": one["sub_button"]}} if one["sub_button"] else one
        for one in default.buttons
    ]
    return {"is_menu_open": 1, "selfmenu_info": {"button": buttons}}


def delete(tx: Tx, _call: Call) -> Answer:
    """The default menu and with it all personalised ones."""
    menus.delete_all(tx)
    return OK


def add_conditional(tx: Tx, call: Call) -> Answer:
    """matchrule may only name a tag; everything personal is refused with 65320."""
    rule = call.body.get("matchrule")
    given = {name: value for name, value in rule.items() if value} if isinstance(rule, Mapping) else {}
    if not given:
        raise Refused(65304)
    if set(given) != {"tag_id"}:
        raise Refused(65320)
    tag_id = _number(given["tag_id"], 45159)
    tags.check_known(tx, tag_id)
    return {"menuid": str(menus.add_personalised(tx, _checked(tx, call), tag_id))}


def delete_conditional(tx: Tx, call: Call) -> Answer:
    menus.delete_personalised(tx, _number(call.body.get("menuid"), 65301))
    return OK


def try_match(tx: Tx, call: Call) -> Answer:
    """By openid; the name that people chose in WeChat is not played here. Raises Refused 40003 or 46003."""
    menu = menus.seen_by(tx, people.get(tx, call.text("user_id", 40003)).openid)
    if menu is None:
        raise Refused(46003)
    return {"button": menu.buttons}


def _checked(tx: Tx, call: Call) -> list[menus.Button]:
    """Buttons send permanent material only. Raises Refused 40007 for any other: the documents do not say which code comes."""
    buttons = menus.check(call.body.get("button"))
    for button in (leaf for top in buttons for leaf in (top["sub_button"] or [top])):
        if button.get("type") == "media_id":
            media.find_material(tx, button["media_id"])
    return buttons


def _number(given: object, code: int) -> int:
    """A number, or one written as text, as WeChat takes both."""
    text = str(given)
    if not text.isascii() or not text.isdecimal() or len(text) > 10:
        raise Refused(code)
    return int(text)


def _conditional(menu: Menu) -> Answer:
    return {"button": menu.buttons, "matchrule": {"tag_id": str(menu.tag_id)}, "menuid": menu.id}


APIS = (
    Api("POST", "/cgi-bin/menu/create", create),
    Api("GET", "/cgi-bin/menu/get", get),
    Api("GET", "/cgi-bin/menu/delete", delete),
    Api("GET", "/cgi-bin/get_current_selfmenu_info", get_current),
    Api("POST", "/cgi-bin/menu/addconditional", add_conditional),
    Api("POST", "/cgi-bin/menu/delconditional", delete_conditional),
    Api("POST", "/cgi-bin/menu/trymatch", try_match),
)
