"""微信管理: the library, an entry of each kind, uploading, and choosing in a reply and a menu."""

import base64

from playwright.sync_api import Page

from tests.messaging import films
from tests.pages import talks
from tests.pages.shots import Prepare, Shot, states_of

MATERIALS = "/api/admin/wechat/materials"
FILES = (
    ("video", "体检流程", films.film("libx264", "mp4", sound_codec="aac", seconds=3)),
    ("voice", "来院提示", films.AMR),
    ("image", "门诊楼层分布", talks.picture(300, 400)),
    ("image", "院区地图", talks.picture(480, 270)),
)
_UPLOAD = """async (files) => {
    const headers = { Authorization: `Bearer ${sessionStorage.getItem('kh.token')}`, 'Content-Type': 'application/octet-stream' }
    const accounts = await (await fetch('/api/admin/wechat/accounts', { headers })).json()
    const account = accounts.find((one) => one.appid === 'wx00000000demo01')
    for (const [kind, title, content] of files) {
      const body = Uint8Array.from(atob(content), (one) => one.charCodeAt(0))
      await fetch(`/api/admin/wechat/materials?${new URLSearchParams({ wechat_account_id: account.id, kind, title })}`, { method: 'POST', headers, body })
    }
    const listed = await (await fetch(`/api/admin/wechat/materials?wechat_account_id=${account.id}`, { headers })).json()
    const map = listed.items.find((one) => one.title === '院区地图')
    const url = `/api/admin/wechat/accounts/${account.id}/replies`
    const known = await (await fetch(url, { headers })).json()
    const rule = { name: '地图', trigger: 'keyword', keywords: [{ text: '地图', match: 'part' }], enabled: true,
                   answers: ['请看院区地图，门诊在东门。', { material_id: map.id }] }
    if (!known.some((one) => one.name === '地图'))
      await fetch(url, { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(rule) })
}"""


def _filled(page: Page) -> None:
    """Uploaded as staff would, through the page's own session; what is there already is refused."""
    page.evaluate(
        _UPLOAD, [[kind, title, base64.b64encode(content).decode()] for kind, title, content in FILES]
    )
    page.reload()


def _library(page: Page) -> None:
    _filled(page)
    page.get_by_role("row").filter(has_text="可用").first.wait_for()


def _entry(title: str) -> Prepare:
    def then(page: Page) -> None:
        _library(page)
        page.get_by_role("row").filter(has_text=title).get_by_text(title).click()
        page.get_by_role("region", name="在微信").wait_for()

    return then


def _refused(page: Page) -> None:
    page.get_by_role("button", name="上传素材").click()
    form = page.get_by_role("dialog", name="上传素材")
    with page.expect_file_chooser() as asked:
        form.get_by_role("button", name="选择文件").click()
    asked.value.set_files(
        {"name": "广播.amr", "mimeType": "audio/amr", "buffer": films.AMR + bytes(3 * 2**20)}
    )
    form.get_by_text("2 MB 以内").wait_for()


def _in_a_reply(page: Page) -> None:
    _filled(page)
    page.get_by_role("row").filter(has_text="［图片］院区地图").first.click()
    page.get_by_role("group", name="第 2 条回复").wait_for()


def _choosing(page: Page) -> None:
    _in_a_reply(page)
    page.get_by_role("button", name="加图片、语音、视频").click()
    page.get_by_role("list", name="素材").wait_for()


SHOTS = [
    *(
        Shot(
            name=f"admin-wechat-material-{kind}",
            path="/admin/wechat/materials",
            who="it_staff",
            then=_entry(title),
        )
        for kind, title in (("image", "院区地图"), ("voice", "来院提示"), ("video", "体检流程"))
    ),
    Shot(name="admin-wechat-material-upload", path="/admin/wechat/materials", who="it_staff", then=_refused),
    Shot(name="admin-wechat-material-reply", path="/admin/wechat/replies", who="it_staff", then=_in_a_reply),
    Shot(name="admin-wechat-material-choice", path="/admin/wechat/replies", who="it_staff", then=_choosing),
    # Last: the others have filled it.
    Shot(
        name="admin-wechat-materials",
        path="/admin/wechat/materials",
        who="it_staff",
        states=states_of(MATERIALS),
    ),
]
