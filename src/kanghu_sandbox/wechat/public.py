"""What stands open to everybody at WeChat: files behind PicUrl and video_url, and the picture of a QR code."""

from html import escape

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from . import media, qr_codes
from .apis.media import file_answer
from .codes import Refused
from .context import wechat_of

router = APIRouter(include_in_schema=False)


@router.get("/mmbiz/{media_id}")
async def show_file(media_id: str, request: Request) -> Response:
    """A picture or film by the address that a push or media/get gave."""
    wechat = wechat_of(request)
    try:
        return file_answer(await wechat.store.run(lambda tx: media.find(tx, media_id, "", wechat.now())))
    except Refused:
        raise HTTPException(404) from None


@router.get("/cgi-bin/showqrcode")
async def show_qr_code(ticket: str, request: Request) -> Response:
    """The real platform draws a JPG; phones here scan by ticket, so the picture only says what it stands for."""
    wechat = wechat_of(request)
    try:
        found = await wechat.store.run(lambda tx: qr_codes.find(tx, ticket, wechat.now()))
    except Refused:
        raise HTTPException(404) from None
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="430" height="430"><rect width="430" height="430" fill="#fff"/>'
        '<rect x="15" y="15" width="400" height="400" fill="none" stroke="#000" stroke-width="8"/>'
        '<text x="215" y="200" font-size="28" text-anchor="middle">二维码</text>'
        f'<text x="215" y="250" font-size="22" text-anchor="middle">{escape(found["scene"])}</text></svg>'
    )
    return Response(picture, media_type="image/svg+xml")
