"""`python -m bench [--small] [name …]`: all measurements, or those named; one JSON line each.

`--small` tries the harness on sizes that measure nothing.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bench import (
    booking,
    cold_start,
    conversation_list,
    live_fanout,
    push_results,
    results_page,
    sign_in,
    wechat_callback,
)
from bench.platform import prepared

# On one platform, one after the other: what a measurement leaves in the tables is there for the next. The two million rows
# come last.
TOGETHER: dict[str, Callable[..., Awaitable[None]]] = {
    "sign_in": sign_in.measure,
    "booking": booking.measure,
    "wechat_callback": wechat_callback.measure,
    "live_fanout": live_fanout.measure,
    "push_results": push_results.measure,
    "conversation_list": conversation_list.measure,
    "results_page": results_page.measure,
}
# On a platform that it starts itself.
ALONE: dict[str, Callable[..., Awaitable[None]]] = {"cold_start": cold_start.measure}

SMALL: dict[str, dict[str, Any]] = {
    "sign_in": {"rounds": 1, "seconds": 0.5},
    "booking": {"rounds": 1, "tries": 6, "capacity": 2, "transactions": 32},
    "wechat_callback": {"rounds": 1, "seconds": 0.5, "per_second": 20},
    "live_fanout": {"streams": 12, "messages": 2},
    "push_results": {"rounds": 1, "pushes": 32, "pushes_with_jobs": 8},
    "conversation_list": {"rounds": 1, "rows": 5_000, "requests": 8},
    "results_page": {"rounds": 1, "rows": 60_000, "requests": 8},
    "cold_start": {"pushes": 8},
}
CUSTOMERS, CUSTOMERS_SMALL = 200, 6


async def main(names: list[str], *, small: bool) -> None:
    sizes = SMALL if small else {}
    with tempfile.TemporaryDirectory(prefix="kanghu-bench-") as folder:
        Path(folder).chmod(0o755)
        for name in [name for name in ALONE if name in names]:
            await ALONE[name](Path(folder, name), **sizes.get(name, {}))
        together = [name for name in TOGETHER if name in names]
        if together:
            async with prepared(Path(folder, "together"), CUSTOMERS_SMALL if small else CUSTOMERS) as bench:
                for name in together:
                    await TOGETHER[name](bench, **sizes.get(name, {}))


known = [*ALONE, *TOGETHER]
small = "--small" in sys.argv
chosen = [argument for argument in sys.argv[1:] if argument != "--small"] or known
if unknown := [name for name in chosen if name not in known]:
    sys.exit(f"没有这项测量：{'、'.join(unknown)}；可选：{'、'.join(known)}")
asyncio.run(main(chosen, small=small))
