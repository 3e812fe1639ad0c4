"""The interfaces of api.weixin.qq.com that are played here, one module per chapter of its manual."""

from . import base, media

APIS = (*base.APIS, *media.APIS)
