"""The control desk, people's side: what they do on their phones, and what the phones show. Loopback only."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Request

from kanghu_sandbox.desk import loopback_only, own_pages_only

from . import chat, consents, deeds, grants, menus, people
from .apis import faces
from .context import WeChat, address_of, wechat_of
from .control_models import (
    Choice,
    Code,
    Consent,
    Done,
    Face,
    Link,
    MenuView,
    MessageView,
    NewPerson,
    PersonView,
    Place,
    Press,
    Text,
    Ticket,
)
from .deeds import CannotDo
from .interface import BODY_LIMIT
from .pushes import Push, deliver
from .store import Tx

router = APIRouter(prefix="/control/fans", dependencies=[Depends(loopback_only), Depends(own_pages_only)])
TheWeChat = Annotated[WeChat, Depends(wechat_of)]
Address = Annotated[str, Depends(address_of)]


@router.get("", operation_id="list_people", tags=["手机"])
async def list_people(wechat: TheWeChat) -> list[PersonView]:
    """有微信的人，新的在前。"""
    return await wechat.store.run(lambda tx: [_view(tx, one, wechat) for one in people.everybody(tx)])


@router.post("", operation_id="add_person", tags=["手机"], status_code=201)
async def add_person(wanted: NewPerson, wechat: TheWeChat) -> PersonView:
    """添一个人，还没有关注公众号。"""
    return await wechat.store.run(
        lambda tx: _view(tx, people.add(tx, wanted.nickname, wanted.phone, wechat.now()), wechat)
    )


@router.get("/{openid}", operation_id="get_person", tags=["手机"])
async def get_person(openid: str, wechat: TheWeChat) -> PersonView:
    """一个人。"""
    return await wechat.store.run(lambda tx: _view(tx, people.get(tx, openid), wechat))


@router.get("/{openid}/messages", operation_id="list_messages", tags=["手机"])
async def list_messages(openid: str, wechat: TheWeChat, after: int = 0) -> list[MessageView]:
    """手机上的消息，旧的在前；after 之后的。"""

    def read(tx: Tx) -> list[chat.Message]:
        people.get(tx, openid)
        return chat.messages_of(tx, openid, after)

    return [MessageView.model_validate(one, from_attributes=True) for one in await wechat.store.run(read)]


@router.post("/{openid}/follow", operation_id="follow", tags=["手机"])
async def follow(openid: str, wanted: Ticket, wechat: TheWeChat) -> Done:
    """关注；给出 ticket 即扫码关注。"""
    return await _do(wechat, lambda tx: deeds.follow(tx, openid, wanted.ticket, wechat.now()))


@router.post("/{openid}/unfollow", operation_id="unfollow", tags=["手机"])
async def unfollow(openid: str, wechat: TheWeChat) -> Done:
    """取消关注。"""
    return await _do(wechat, lambda tx: deeds.unfollow(tx, openid, wechat.now()))


@router.post("/{openid}/scan", operation_id="scan", tags=["手机"])
async def scan(openid: str, wanted: Ticket, wechat: TheWeChat) -> Done:
    """扫带参数二维码；未关注的随之关注。"""
    return await _do(wechat, lambda tx: deeds.scan(tx, openid, wanted.ticket, wechat.now()))


@router.post("/{openid}/say", operation_id="say", tags=["手机"])
async def say(openid: str, wanted: Text, wechat: TheWeChat) -> Done:
    """发一条文字。"""
    return await _do(wechat, lambda tx: deeds.say(tx, openid, wanted.content, wechat.now()))


@router.post("/{openid}/files/{kind}", operation_id="send_file", tags=["手机"])
async def send_file(
    openid: str,
    kind: Literal["image", "voice", "video"],
    request: Request,
    wechat: TheWeChat,
    address: Address,
) -> Done:
    """发图片、语音（AMR）或视频（MP4）：正文就是文件。"""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > BODY_LIMIT:
            raise HTTPException(413, "文件过大")
    return await _do(wechat, lambda tx: deeds.send_file(tx, openid, kind, bytes(data), address, wechat.now()))


@router.post("/{openid}/location", operation_id="send_location", tags=["手机"])
async def send_location(openid: str, wanted: Place, wechat: TheWeChat) -> Done:
    """发位置。"""
    where = (wanted.latitude, wanted.longitude, wanted.label)
    return await _do(wechat, lambda tx: deeds.send_location(tx, openid, *where, wechat.now()))


@router.post("/{openid}/link", operation_id="send_link", tags=["手机"])
async def send_link(openid: str, wanted: Link, wechat: TheWeChat) -> Done:
    """转发一个链接。"""
    what = (wanted.title, wanted.description, wanted.url)
    return await _do(wechat, lambda tx: deeds.send_link(tx, openid, *what, wechat.now()))


@router.post("/{openid}/position", operation_id="report_position", tags=["手机"])
async def report_position(openid: str, wanted: Place, wechat: TheWeChat) -> Done:
    """进入会话时上报地理位置。"""
    return await _do(wechat, lambda tx: deeds.report_position(tx, openid, wanted.latitude, wanted.longitude))


@router.get("/{openid}/menu", operation_id="get_menu", tags=["手机"])
async def get_menu(openid: str, wechat: TheWeChat) -> MenuView:
    """他看到的菜单；没有关注或没有菜单则为空。"""

    def read(tx: Tx) -> MenuView:
        menu = menus.seen_by(tx, openid) if people.get(tx, openid).following else None
        return MenuView(menu_id=menu.id, buttons=menu.buttons) if menu else MenuView()

    return await wechat.store.run(read)


@router.post("/{openid}/menu", operation_id="press_menu", tags=["手机"])
async def press_menu(openid: str, wanted: Press, wechat: TheWeChat) -> Done:
    """按菜单：第几个按钮，或第几个按钮下的第几个（从 0 数）。"""

    def work(tx: Tx) -> tuple[Push | None, str]:
        menu = menus.seen_by(tx, openid)
        try:
            button = menus.button_at(menu, wanted.place) if menu else None
        except IndexError:
            button = None
        if menu is None or button is None or "type" not in button:
            raise CannotDo("菜单上没有这个按钮")
        push = deeds.press(tx, openid, button, menu.id, wanted.result, wechat.now())
        return push, str(button.get("url", "")) if button["type"] == "view" else ""

    push, url = await wechat.store.run(work)
    return Done(delivery=await deliver(wechat, push) if push else None, url=url)


@router.post("/{openid}/choose", operation_id="choose", tags=["手机"])
async def choose(openid: str, wanted: Choice, wechat: TheWeChat) -> Done:
    """点菜单消息（msgmenu）里的一项；不增加客服消息额度。"""
    return await _do(wechat, lambda tx: deeds.choose(tx, openid, wanted.id, wanted.content, wechat.now()))


@router.post("/{openid}/paid", operation_id="paid", tags=["手机"])
async def paid(openid: str, wechat: TheWeChat) -> PersonView:
    """用微信支付付了款：48 小时内客服消息不限条数。支付通知由支付的替身发出，这里不推送。"""

    def work(tx: Tx) -> PersonView:
        chat.allow(tx, people.get(tx, openid).openid, chat.PAY, wechat.now())
        return _view(tx, people.get(tx, openid), wechat)

    return await wechat.store.run(work)


@router.post("/{openid}/consents", operation_id="consent", tags=["手机"])
async def consent(openid: str, wanted: Consent, wechat: TheWeChat) -> Done:
    """在订阅通知的弹窗里同意或取消；小程序订阅消息的同意不推送事件。"""
    kinds = {name: one.kind for name, one in wechat.account.templates.items()}
    if any(kinds.get(name, "template") == "template" for name in wanted.template_ids):
        raise CannotDo("没有这个订阅通知模板")
    mine = [name for name in wanted.template_ids if kinds[name] == "subscription"]

    def work(tx: Tx) -> Push | None:
        people.get(tx, openid)
        for name in wanted.template_ids if wanted.accept else ():
            consents.give(tx, openid, name)
        return deeds.answer_popup(openid, mine, wanted.accept, wanted.scene) if mine else None

    push = await wechat.store.run(work)
    return Done(delivery=await deliver(wechat, push) if push else None)


@router.post("/{openid}/refusals", operation_id="refuse", tags=["手机"])
async def refuse(openid: str, wanted: Consent, wechat: TheWeChat) -> Done:
    """在通知管理里拒收。"""

    def work(tx: Tx) -> Push:
        people.get(tx, openid)
        for name in wanted.template_ids:
            consents.withdraw(tx, openid, name)
        return deeds.refuse_notices(openid, wanted.template_ids)

    return await _do(wechat, work)


@router.post("/{openid}/mini-login", operation_id="mini_login", tags=["手机"])
async def mini_login(openid: str, wechat: TheWeChat) -> Code:
    """小程序里的 wx.login：给出 js_code。"""
    return await _code(wechat, openid, grants.LOGIN)


@router.post("/{openid}/phone-code", operation_id="phone_code", tags=["手机"])
async def phone_code(openid: str, wechat: TheWeChat) -> Code:
    """小程序里的手机号按钮：给出 code。"""
    return await _code(wechat, openid, grants.PHONE)


@router.post("/{openid}/face", operation_id="show_face", tags=["手机"])
async def show_face(openid: str, wanted: Face, wechat: TheWeChat) -> Face:
    """小程序里的 wx.requestFacialVerify 怎样结束；不看人脸。"""

    def work(tx: Tx) -> Face:
        mini = people.get(tx, openid).mini_openid
        verify_id = wanted.verify_id or faces.waiting(tx, mini, wechat.now())
        if not verify_id or not faces.finish(tx, mini, verify_id, wanted.verify_ret, wechat.now()):
            raise CannotDo("这部手机上没有等待完成的人脸核身")
        return wanted.model_copy(update={"verify_id": verify_id})

    return await wechat.store.run(work)


async def _code(wechat: WeChat, openid: str, kind: str) -> Code:
    def work(tx: Tx) -> Code:
        people.get(tx, openid)
        return Code(code=grants.give_code(tx, kind, openid, "", wechat.now()))

    return await wechat.store.run(work)


async def _do(wechat: WeChat, deed: Callable[[Tx], Push]) -> Done:
    push = await wechat.store.run(deed)
    return Done(delivery=await deliver(wechat, push))


def _view(tx: Tx, person: people.Person, wechat: WeChat) -> PersonView:
    windows = chat.windows(tx, person.openid, wechat.now())
    return PersonView.of(person, people.tags_of(tx, person.openid), windows)
