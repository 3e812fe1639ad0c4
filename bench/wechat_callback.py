"""WeChat's callback: messages of fans, sealed and signed, 500 a second; beside it the cheapest request there is, interleaved."""

import itertools
import time
from collections.abc import Iterator
from typing import Any

from bench import load
from bench.cost import cpu_seconds, emit, latency, median_us, percentile, settle
from bench.platform import Bench, web
from kanghu.kernel.ids import new_id
from kanghu.modules.wechat import crypt
from kanghu.modules.wechat import public as wechat

PER_S, FANS = 500, 2_000
TOKEN, AES_KEY = "bench-token", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APPID = "wx0123456789abcdef"


async def measure(bench: Bench, *, rounds: int = 3, seconds: float = 4, per_second: int = PER_S) -> None:
    """Prints p50 and p99 of the answers to so many messages a second, against those of /healthz at the same rate; CPU per message."""
    account_id = new_id()
    async with bench.database.transaction() as tx:
        await wechat.ensure_account(
            tx, account_id=account_id, institution_id=bench.institution, kind="official", appid=APPID,
            name="性能测试", secret="0" * 32, token=TOKEN, aes_key=AES_KEY,
        )  # fmt: skip
    count = round(per_second * seconds)
    pushed: list[float] = []
    alone: list[float] = []
    cpu: dict[str, list[float]] = {"web": [], "postgres": []}
    with web(bench) as (url, running):
        host = url.removeprefix("http://")
        messages = _messages(host, f"/open/wechat/{account_id}")
        healthy = itertools.repeat(load.get(host, "/healthz", ""))
        await load.at_rate(url, messages, per_second, 1)
        for _ in range(rounds):
            alone += (await load.at_rate(url, healthy, per_second, seconds)).all(200).seconds
            ready = iter(list(itertools.islice(messages, count)))
            await settle()
            before = cpu_seconds(running), cpu_seconds(bench.server)
            pushed += (await load.at_rate(url, ready, per_second, seconds)).all(200).seconds
            cpu["web"].append((cpu_seconds(running) - before[0]) / count)
            cpu["postgres"].append((cpu_seconds(bench.server) - before[1]) / count)
    async with bench.database.transaction() as tx:
        kept = await tx.fetchval("SELECT count(*) FROM wechat.inbox WHERE account_id = $1", account_id)
    assert kept == rounds * count + per_second, "an answered message is not there"
    emit(
        "wechat_callback",
        p50_ratio=round(percentile(pushed, 0.5) / percentile(alone, 0.5), 2),
        p99_ratio=round(percentile(pushed, 0.99) / percentile(alone, 0.99), 2),
        **latency(pushed),
        healthz=latency(alone),
        web_cpu_us=median_us(cpu["web"]),
        postgres_cpu_us=median_us(cpu["postgres"]),
        per_second=per_second,
        rounds=rounds,
    )


def _messages(host: str, path: str) -> Iterator[bytes]:
    """Each another message; fans take turns."""
    for number in itertools.count(1):
        fields: dict[str, Any] = {
            "FromUserName": f"obench{number % FANS:022}",
            "CreateTime": int(time.time()),
            "MsgType": "text",
            "MsgId": number,
            "Content": "请问体检要空腹吗？",
        }
        body = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
        sealed = crypt.encrypt(f"<xml>{body}</xml>".encode(), AES_KEY, APPID)
        stamp, nonce = str(int(time.time())), "486504"
        signed = crypt.signature(TOKEN, stamp, nonce), crypt.signature(TOKEN, stamp, nonce, sealed)
        query = f"timestamp={stamp}&nonce={nonce}&encrypt_type=aes&signature={signed[0]}&msg_signature={signed[1]}"
        envelope = f"<xml><Encrypt>{sealed}</Encrypt></xml>"
        yield load.post(host, f"{path}?{query}", envelope.encode())
