"""Routes by who calls: `callback` WeChat, `admin` the hospital's IT staff."""

from kanghu.modules.wechat.endpoints.admin import admin
from kanghu.modules.wechat.endpoints.callback import callback

ROUTERS = [callback, admin]
