"""Whether log-ins slow the others: a cheap request alone, and while log-ins are offered; interleaved."""

import asyncio
import itertools
import json
import statistics
from collections.abc import Iterator

from bench import load
from bench.cost import emit, latency, percentile
from bench.platform import PASSWORD, Bench, give_sessions, web

CHEAP = "/api/patient/notices/unread-count"
CHEAP_PER_S, LOG_INS_PER_S = 50, 20


async def measure(bench: Bench, *, rounds: int = 3, seconds: float = 4) -> None:
    """Prints p50 and p99 of the cheap request alone and during log-ins, and their ratios."""
    customers = bench.customers[:20]
    await give_sessions(bench, customers)
    alone, beside, log_ins = [], [], load.Answers()
    with web(bench) as (url, _):
        host = url.removeprefix("http://")
        cheap = itertools.cycle([load.get(host, CHEAP, customers[0].token)])
        names = itertools.cycle(customer.username for customer in customers)

        async def offer_log_ins() -> None:
            answers = await load.at_rate(url, _log_ins(host, names), LOG_INS_PER_S, seconds)
            log_ins.seconds.extend(answers.all(200).seconds)

        async def ask() -> list[float]:
            return (await load.at_rate(url, cheap, CHEAP_PER_S, seconds)).all(200).seconds

        await ask()
        for _ in range(rounds):
            alone.append(await ask())
            async with asyncio.TaskGroup() as both:
                both.create_task(offer_log_ins())
                asked = both.create_task(ask())
            beside.append(asked.result())
    emit(
        "sign_in",
        p50_ratio=_ratio(alone, beside, 0.5),
        p99_ratio=_ratio(alone, beside, 0.99),
        alone=latency([each for one in alone for each in one]),
        during_log_ins=latency([each for one in beside for each in one]),
        log_in=latency(log_ins.seconds),
        log_ins_per_s=LOG_INS_PER_S,
        rounds=rounds,
    )


def _log_ins(host: str, names: Iterator[str]) -> Iterator[bytes]:
    for name in names:
        body = json.dumps({"login": name, "password": PASSWORD}).encode()
        yield load.post(host, "/api/session/login", body)


def _ratio(alone: list[list[float]], beside: list[list[float]], share: float) -> float:
    """The median over the rounds of (during log-ins ÷ alone)."""
    return round(
        statistics.median(
            percentile(two, share) / percentile(one, share) for one, two in zip(alone, beside, strict=True)
        ),
        2,
    )
