"""`python -m bench [name …]`: all measurements, or those named; one JSON line each."""

import asyncio
import sys
import tempfile
from pathlib import Path

from bench import push_results
from bench.platform import prepared

MEASUREMENTS = {"push_results": push_results.measure}


async def main(names: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="kanghu-bench-") as folder:
        Path(folder).chmod(0o755)
        async with prepared(Path(folder)) as bench:
            for name in names or MEASUREMENTS:
                await MEASUREMENTS[name](bench)


asyncio.run(main(sys.argv[1:]))
