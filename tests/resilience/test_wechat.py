"""kill -9 of web and worker while 500 messages of fans stream in: what WeChat was told "success" for is in a conversation once."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx
import pytest

from kanghu.modules.wechat import crypt
from tests.resilience.battered import Battered, wait_for_growth
from tests.wechat.accounts import xml

pytestmark = pytest.mark.timeout(480)

FANS, MESSAGES_EACH = 20, 25
TRIES, PAUSE_S = 3, 5
"""WeChat gives a message up after three tries, each of which waits for five seconds."""
SPEAKS_EVERY_S = 1.5
"""So that the stream lasts longer than the kills."""
DESK = "/api/admin/messaging"


@dataclass
class Crowd:
    """Fans who write one message after the other; WeChat hands them on as it does."""

    platform: Battered
    sent: int = 0
    accepted: set[str] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        console = httpx.get(f"{self.platform.sandbox}/wechat/control/callback", trust_env=False).json()
        self.url, self.token, self.key = console["url"], console["token"], console["encoding_aes_key"]
        account = self.url.rpartition("/")[2]
        self.appid = self.platform.value("SELECT appid FROM wechat.accounts WHERE id = $1::uuid", account)
        # Seconds of this run, so that the fans of another are others.
        self.name = f"{time.time_ns() // 1_000_000:x}"
        self.threads = [threading.Thread(target=self._talk, args=(fan,)) for fan in range(FANS)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def end(self) -> None:
        for thread in self.threads:
            thread.join()

    def _talk(self, fan: int) -> None:
        openid = f"o{self.name}-{fan:02}".ljust(28, "x")
        with httpx.Client(timeout=PAUSE_S, trust_env=False) as wechat:
            for number in range(MESSAGES_EACH):
                text = f"{self.name} {fan:02} {number:02}"
                body = xml(openid, Content=text)
                if any(self._push(wechat, body, text) for _ in range(TRIES)):
                    self.accepted.add(text)
                self.sent += 1
                time.sleep(SPEAKS_EVERY_S)

    def _push(self, wechat: httpx.Client, body: str, text: str) -> bool:
        sealed = crypt.encrypt(body.encode(), self.key, self.appid)
        stamp, nonce = str(int(time.time())), "486504"
        query = {
            "timestamp": stamp,
            "nonce": nonce,
            "signature": crypt.signature(self.token, stamp, nonce),
            "encrypt_type": "aes",
            "msg_signature": crypt.signature(self.token, stamp, nonce, sealed),
        }
        envelope = f"<xml><ToUserName>gh</ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        try:
            answer = wechat.post(self.url, params=query, content=envelope.encode())
        except httpx.HTTPError as error:
            self.answers[type(error).__name__] += 1
            time.sleep(2)
            return False
        told = answer.text if answer.status_code == 200 else str(answer.status_code)
        self.answers[told] += 1
        return told == "success"

    def heard(self) -> dict[str, list[str]]:
        """What the desk shows of the fans of this run, conversation by conversation, in its order."""
        desk = self.platform.sign_in("customer_service")
        found: dict[str, list[str]] = {}
        cursor: str | None = None
        while True:
            page = desk.get(
                f"{DESK}/conversations", params={"limit": 100, **({"cursor": cursor} if cursor else {})}
            ).json()
            for conversation in page["items"]:
                lines = desk.get(
                    f"{DESK}/conversations/{conversation['id']}/messages", params={"limit": 200}
                ).json()["items"]
                said = [line["text"] or "" for line in lines if line["direction"] == "in"]
                found[conversation["id"]] = [text for text in said if text.startswith(self.name)]
            cursor = page["next"]
            if cursor is None:
                return found


def test_no_kill_loses_or_doubles_a_message_wechat_was_told_success_for(platform: Battered) -> None:
    crowd = Crowd(platform)
    crowd.start()
    for word in ("kanghu.main.web", "kanghu.main.worker", "kanghu.main.web", "kanghu.main.worker"):
        wait_for_growth(lambda: crowd.sent, 40)
        platform.kill_one(word)
    crowd.end()
    assert crowd.answers.keys() - {"success"}, "no kill was felt"
    platform.await_idle(seconds=120)
    assert platform.dead_letters() == 0
    heard = crowd.heard()
    everything = Counter(text for texts in heard.values() for text in texts)
    assert crowd.accepted <= everything.keys(), "lost"
    assert set(everything.values()) == {1}, "doubled"
    for texts in heard.values():
        assert texts == sorted(texts), "each fan's in their order"
        assert len({text.split()[1] for text in texts}) <= 1, "each fan's in their own conversation"
    assert len(crowd.accepted) > FANS * MESSAGES_EACH / 2
