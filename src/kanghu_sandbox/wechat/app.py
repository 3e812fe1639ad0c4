"""The web application: it stands where api.weixin.qq.com and open.weixin.qq.com stand."""

import time
from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI

from . import control, control_people, oauth_page, phone, public
from .account import Account
from .apis import APIS
from .context import Callback, WeChat
from .interface import add_interfaces
from .store import Store

ABOUT = """微信的替身：公众号和小程序的接口、消息推送、网页授权，和客户的手机。
`/control` 供本机操作，只接受本机访问；其余路径与微信相同。"""


def create_app(account: Account, home: Path, now: Callable[[], float] = time.time) -> FastAPI:
    """WeChat for this account; what it knows is kept in `home`."""
    callback = Callback(account.callback_url, account.token, account.encoding_aes_key, account.mode)
    app = FastAPI(title="微信", version="1", description=ABOUT, docs_url=None, redoc_url=None)
    app.state.wechat = WeChat(account, Store(home), callback, now)
    add_interfaces(app, APIS)
    app.include_router(public.router)
    app.include_router(oauth_page.router)
    app.include_router(phone.router)
    app.include_router(control_people.router)
    app.include_router(control.router)
    control.register_errors(app)
    return app
