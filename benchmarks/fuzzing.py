"""Spoilt files and frames: is each read rightly or refused in our words, within bounds?

    python -m benchmarks.fuzzing --data FOLDER --n 20000 --seed 0
    python -m benchmarks.fuzzing --data FOLDER --n 60 --large      those that take seconds alone

Every case is drawn from its seed and number (`--only K` runs one again and shows what came of it).
Cases run in child processes that may take 2 GiB of address space more than they begin with and 60
processor seconds a case; a child that dies or hangs is a fault of the case that it was at. Linux.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import process_time
from typing import Any

import pandas as pd

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.insert(0, str(TESTS))
from fuzzing import cases, sources, verdict  # noqa: E402

SECONDS = 60  # of the processor, for a case
WALL = 300  # for a case, on a machine that is busy with other things
GIBI = 2**30
BATCH = 1000  # cases for one child
GOOD = ("read", "refused", "no frame")


class TooLong(BaseException):
    """A case took more than its seconds; no `except Exception` may swallow it."""


def _stop(*_: Any) -> None:
    raise TooLong


def _memory(what: str) -> float:
    """VmHWM, VmRSS or VmSize of this process, in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1024
    raise LookupError(what)


def tables(data: Path | None) -> list[sources.Source]:
    return sources.made() + (sources.real(data) if data else [])


def one(case: Any, folder: Path) -> verdict.Outcome:
    """A case within its seconds, with the memory that it took."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    start = process_time()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        outcome = cases.run(case, folder)
    except TooLong:
        outcome = verdict.Outcome("too long")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    outcome.seconds = process_time() - start
    outcome.peak = _memory("VmHWM")
    if outcome.peak > 2 * GIBI / 2**20:
        outcome.kind = "too much memory"
    return outcome


def child(given: argparse.Namespace) -> None:
    """Run a batch; a line before each case, and a line after it."""
    signal.signal(signal.SIGPROF, _stop)
    known = tables(given.data)
    with tempfile.TemporaryDirectory() as folder:
        for k in range(5):  # what is imported on the way does not count
            cases.run(cases.draw(known, 0, k, rare=False), Path(folder))
        limit = int(_memory("VmSize") * 2**20) + 2 * GIBI
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        for k in range(*given.batch):
            print(json.dumps([k]), flush=True)
            case = cases.draw(known, given.seed, k, large=given.large)
            outcome = one(case, Path(folder))
            source = getattr(getattr(case, "source", None), "name", "")
            line = [k, case.mutation, case.kind, source, outcome.kind, outcome.detail]
            print(json.dumps([*line, outcome.seconds, outcome.peak]), flush=True)


def batch(given: argparse.Namespace, first: int, last: int) -> Iterator[list[Any]]:
    """Lines of the children that go through these cases; a dead one is followed by another."""
    while first < last:
        command = [sys.executable, "-m", "benchmarks.fuzzing", "--seed", str(given.seed)]
        command += ["--batch", str(first), str(last)]
        command += ["--data", str(given.data)] if given.data else []
        command += ["--large"] * given.large
        # defusedxml is no dependency: go without it where it happens to be installed
        env = dict(os.environ, OPENPYXL_DEFUSEDXML="False", MALLOC_ARENA_MAX="2")
        with subprocess.Popen(
            command, cwd=TESTS.parent, env=env, stdout=subprocess.PIPE, text=True
        ) as process:
            at, done = first, False
            assert process.stdout is not None
            watch = threading.Timer(WALL, process.kill)
            watch.start()
            for text in process.stdout:
                watch.cancel()
                watch = threading.Timer(WALL, process.kill)
                watch.start()
                line = json.loads(text)
                at, done = line[0], len(line) > 1
                if done:
                    yield line
            watch.cancel()
        if not done:
            case = cases.draw(tables(given.data), given.seed, at, large=given.large)
            source = getattr(getattr(case, "source", None), "name", "")
            code = f"the process ended with {process.returncode}"
            yield [at, case.mutation, case.kind, source, "died", code, 0.0, 0.0]
        first = at + 1


def _stretches(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """First and last plus one of each run of numbers."""
    for _, run in itertools.groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        held = [k for _, k in run]
        yield held[0], held[-1] + 1


def report(lines: list[list[Any]]) -> None:
    names = ["case", "mutation", "kind", "table", "outcome", "detail", "seconds", "MiB"]
    found = pd.DataFrame(lines, columns=names)
    found["fault"] = ~found["outcome"].isin(GOOD)
    for by in ("mutation", "kind"):
        groups = found.groupby(by)
        shown = pd.DataFrame(
            {
                "cases": groups.size(),
                **{kind: groups["outcome"].agg(lambda o, k=kind: (o == k).sum()) for kind in GOOD},
                "faults": groups["fault"].sum(),
                "slowest, s": groups["seconds"].max().round(2),
                "peak, MiB": groups["MiB"].max().round().astype(int),
            }
        )
        print(shown.sort_values("cases", ascending=False).to_string(), end="\n\n")
    print(f"{len(found):,} cases: {found['outcome'].value_counts().to_dict()}")
    spent = found["seconds"]
    print(
        f"processor seconds: {spent.sum():.0f} in all, median {1000 * spent.median():.0f} ms, "
        f"slowest {spent.max():.1f} s; peak {found['MiB'].max():.0f} MiB"
    )
    for _, line in found[found["fault"]].iterrows():
        print(f"\n{line['case']}: {line['mutation']} ({line['kind']}, {line['table']})")
        print(f"  {line['outcome']}: {line['detail']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="the real tables; without them only made ones")
    parser.add_argument("--n", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="file of outcomes, by which a run goes on")
    parser.add_argument("--only", type=int, help="run this case alone")
    parser.add_argument("--large", action="store_true", help="bombs and endless rows alone")
    parser.add_argument("--batch", type=int, nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.batch:
        child(given)
        return
    if given.only is not None:
        case = cases.draw(tables(given.data), given.seed, given.only, large=given.large)
        print(f"{case.mutation} ({case.kind})")
        signal.signal(signal.SIGPROF, _stop)
        with tempfile.TemporaryDirectory() as folder:
            print(one(case, Path(folder)))
        return
    last = given.first + given.n
    starts = range(given.first, last, BATCH)
    lines: list[list[Any]] = []
    if given.keep and given.keep.exists():  # go on where a run was stopped
        kept = {line[0]: line for line in map(json.loads, given.keep.read_text().splitlines())}
        lines = [line for k, line in kept.items() if given.first <= k < last]
    known = {line[0] for line in lines}

    def through(start: int) -> None:
        todo = [k for k in range(start, min(start + BATCH, last)) if k not in known]
        for first, end in _stretches(todo):
            for line in batch(given, first, end):
                lines.append(line)
                if given.keep:
                    with given.keep.open("a") as file:
                        file.write(json.dumps(line) + "\n")
        print(f"{len(lines):,} of {given.n:,}", file=sys.stderr, flush=True)

    with ThreadPoolExecutor(given.processes) as pool:
        list(pool.map(through, starts))
    report(sorted(lines))


if __name__ == "__main__":
    main()
