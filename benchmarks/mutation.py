"""Would the tests notice? Small faults put into the code one at a time, and how many are caught.

    python -m benchmarks.mutation [--mutants 200] [--seed 0] [--only certificate.py] [--record FILE]

A mutant is a target file with one small fault (`mutants`); a sample is drawn by seed, from each
file in proportion to the faults that it can have. Nothing on disk is touched. All tests run once,
with a probe at the head of every function that may be mutated: so it is known which tests enter it
and how long they take. Then a process is forked for each mutant, `--jobs` at a time, given the
faulty code of the function, and runs those tests, the quickest first, until one fails. (Faults
outside functions, in constants and defaults, have the package imported anew.) Mutants that end
their process, or take `TIMES` the time of their tests, count as caught. Kernels run uncompiled: a
mutant would have to be compiled anew. Tests that take longer than `SLOW` seconds are left out, and
of the others so many are run as take `BUDGET` seconds: what only the rest would catch counts as
missed.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from .mutants import PACKAGE, ROOT, Mutant, drawn, mutants, mutated, places, source

PLAIN = {  # file: the test files that may notice
    "qualities.py": "laws exact certificate dense_engine",
    "nullmodels.py": "nullmodels laws",
    "certificate.py": "certificate",
    "evidence/readings.py": "density overlap contracts",
    "detectors/certifying.py": "certificate exact branching",
    "detectors/exact.py": "certificate exact branching",
    "detectors/bounding.py": "bounding rounds certificate exact",
}
UNCOMPILED = {
    "kernels/ascent.py": "kernels bounding",
    "kernels/cuts.py": "kernels bounding certificate",
    "kernels/separation.py": "kernels bounding separation rounds",
    "kernels/pulls.py": "dense_engine laws",
    "kernels/dense.py": "dense_engine kernels moves",
}
SLOW = 1.0  # seconds of a test that is not run for every mutant
BUDGET = 5.0  # seconds of tests for one mutant
TIMES = 3.0  # times the seconds of its tests after which a mutant is taken to hang,
STARTUP = 3.0, 20.0  # and beyond them, where it is given its code, or all is imported anew


class _FromMemory(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Imports modules of the package from syntax trees."""

    def __init__(self, trees: dict[str, Any]) -> None:
        self.code = {str(ROOT / PACKAGE / file): tree for file, tree in trees.items()}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        file = str(ROOT / (name.replace(".", "/") + ".py"))
        return (
            importlib.util.spec_from_file_location(name, file, loader=self)
            if file in self.code
            else None
        )

    def get_filename(self, name: str) -> str:
        return str(ROOT / (name.replace(".", "/") + ".py"))

    def get_data(self, path: str) -> bytes:
        return Path(path).read_bytes()

    def get_code(self, name: str) -> Any:
        file = self.get_filename(name)
        return compile(self.code[file], file, "exec")


REACHED: set[str] = set()
SAID = os.dup(1)


def _probed(file: str) -> Any:
    """The tree of a file whose functions say that they were entered."""
    tree = ast.parse(source(file))
    found = [  # all of them, before any probe moves what comes after it
        (getattr(parent, field) if k is None else getattr(parent, field)[k], function)
        for parent, field, k, function in places(tree)
    ]
    for node, function in found:
        if isinstance(node, ast.FunctionDef):
            entered = f"REACHED.add({file + ':' + function!r})"
            probe = ast.parse(f"__import__('sys').modules['__main__'].{entered}").body
            documented = ast.get_docstring(node, clean=False) is not None
            node.body[documented:documented] = probe
    return ast.fix_missing_locations(tree)


class _TooLong(BaseException):
    """A test took more than `SLOW` seconds."""


def _patched(mutant: Mutant) -> bool:
    """Give the function in question its faulty code; False if that is no way to make the mutant."""
    path = mutant.function.split(".")
    module = sys.modules[f"{PACKAGE}.{mutant.file[:-3].replace('/', '.')}"]
    held: Any = module
    while path and not isinstance(held, FunctionType):
        held = vars(held).get(path.pop(0))
        held = held.fget if isinstance(held, property) else held
    if not isinstance(held, FunctionType):
        return False
    tree = mutated(mutant)
    waiting = [compile(tree, str(module.__file__), "exec")]
    while waiting:
        code = waiting.pop()
        if code.co_qualname == held.__qualname__:
            held.__code__ = code
            return True
        waiting += [part for part in code.co_consts if isinstance(part, CodeType)]
    return False


def _started(work: Any, seconds: float) -> int:
    """The id of a process that calls a function and may take so many seconds of a processor."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
            resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))
            signal.alarm(int(100 * seconds) + 60)  # however busy the machine is
            code = int(work())
        finally:
            os._exit(code)
    return child


def _ended(children: Collection[int]) -> tuple[int, int]:
    """The first of these processes to end, and its code; minus a signal's number if one did it."""
    while True:
        child, status = os.waitpid(-1, 0)
        if child in children:
            return child, os.waitstatus_to_exitcode(status)


def _fails(items: list[Any]) -> bool:
    """Whether one of these tests fails; the first to do so is the last that is run."""
    from _pytest.runner import runtestprotocol

    runs = (runtestprotocol(item, log=False) for item in items)
    return any(report.failed for reports in runs for report in reports)


def _imported_anew(mutant: Mutant, tests: list[str]) -> int:
    """The same for a fault outside all functions: everything is imported again, in a child only."""
    import pytest

    for name in list(sys.modules):
        if name.partition(".")[0] in (PACKAGE, "oracles", "conftest") or name.startswith("test_"):
            del sys.modules[name]
    sys.meta_path.insert(0, _FromMemory({mutant.file: mutated(mutant)}))
    return int(pytest.main(["-x", "-n0", "-pno:cacheprovider", "--tb=no", *tests]) != 0)


class _Session:
    """pytest plugin: what the tests enter and how long they take, then the mutants instead."""

    def __init__(
        self, sample: list[Mutant], targets: dict[str, str], record: Path, jobs: int
    ) -> None:
        self.sample, self.targets, self.record, self.jobs = sample, targets, record, jobs
        self.running: dict[int, tuple[Mutant, str]] = {}
        self.codes = json.loads(record.read_text()) if record.exists() else {}
        self.tests: dict[str, tuple[float, list[str]]] = {}

    def pytest_runtestloop(self, session: Any) -> bool:
        items = {item.nodeid: item for item in session.items}
        for item, following in zip(session.items, [*session.items[1:], None], strict=True):
            self.time(item, following)
        signal.setitimer(signal.ITIMER_PROF, 0)
        say(f"{len(self.tests)} of {len(items)} tests")
        for at, mutant in enumerate(self.sample):
            if self.codes.get(mutant.key):  # caught in a run before; those missed are asked again
                continue
            run, took = chosen(mutant, self.tests, self.targets[mutant.file])
            mine = [items[test] for test in run]

            def work(mutant: Mutant = mutant, run: list[str] = run, mine: list[Any] = mine) -> int:
                if mutant.outside or not _patched(mutant):
                    return _imported_anew(mutant, run)
                return _fails(mine)

            if len(self.running) == self.jobs:
                self.wait()
            if run:
                child = _started(work, TIMES * took + STARTUP[mutant.outside])
                self.running[child] = mutant, f"{at} of {len(self.sample)} missed, {len(run)} tests"
            else:
                self.codes[mutant.key] = 0
                say(f"{at} of {len(self.sample)} missed, no test: {mutant.key}")
        while self.running:
            self.wait()
        return True

    def wait(self) -> None:
        """For the next mutant to end, and record it."""
        child, code = _ended(self.running)
        mutant, told = self.running.pop(child)
        self.codes[mutant.key] = code
        self.record.write_text(json.dumps(self.codes, indent=0))
        if not code:
            say(f"{told}: {mutant.key}")

    def time(self, item: Any, following: Any) -> None:
        """Run a test once, with no fault in what it tests."""
        from _pytest.runner import runtestprotocol

        def stop(*_: Any) -> None:
            raise _TooLong

        REACHED.clear()
        signal.signal(signal.SIGPROF, stop)
        signal.setitimer(signal.ITIMER_PROF, SLOW)
        began = time.process_time()
        reports = runtestprotocol(item, log=False, nextitem=following)
        if all(report.passed for report in reports):
            self.tests[item.nodeid] = time.process_time() - began, sorted(REACHED)


def say(text: str) -> None:
    os.write(SAID, (text + "\n").encode())


def chosen(mutant: Mutant, tests: dict[str, Any], names: str) -> tuple[list[str], float]:
    """The tests to run for a mutant, the quickest first, and their seconds."""
    files = tuple(f"tests/test_{name}.py" for name in names.split())
    inside = f"{mutant.file}:{mutant.function}" if mutant.function else f"{mutant.file}:"
    out, total = [], 0.0
    for test, (took, entered) in sorted(tests.items(), key=lambda entry: entry[1][0]):
        enters = any(
            e == inside or (inside.endswith(":") and e.startswith(inside)) for e in entered
        )
        if test.startswith(files) and enters and total + took <= BUDGET:
            out.append(test)
            total += took
    return out, total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", help="files, as `certificate.py`")
    parser.add_argument("--record", type=Path, help="what was caught; only the others are run")
    parser.add_argument("--match", default="", help="only tests that match, as in pytest -k")
    parser.add_argument("--jobs", type=int, default=1, help="mutants at a time")
    parser.add_argument("--lines", nargs="*", help="FILE:LINE, all mutants of these lines")
    given = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="mutation"))
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(scratch)
    os.environ["MPLBACKEND"] = "Agg"
    os.chdir(ROOT)
    import hypothesis

    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]  # no time for small examples
    hypothesis.settings.register_profile("caught", phases=phases)
    hypothesis.settings.load_profile("caught")
    targets = {f: t for f, t in (PLAIN | UNCOMPILED).items() if not given.only or f in given.only}
    if given.lines:
        targets = {f: t for f, t in targets.items() if any(x.startswith(f) for x in given.lines)}
        sample = [m for f in targets for m in mutants(f) if f"{m.file}:{m.line}" in given.lines]
    else:
        sample = drawn(list(targets), given.mutants, given.seed)
    random.Random(given.seed).shuffle(sample)  # a run that is stopped has a fair part of them
    record = given.record or scratch / "record.json"
    for compiled, group in ((True, PLAIN), (False, UNCOMPILED)):
        own = {f: t for f, t in targets.items() if f in group}
        part = [mutant for mutant in sample if mutant.file in own]
        if part:  # kernels are imported as they are compiled, so in a process for each way
            work = partial(hunted, part, own, record, compiled, given.match, given.jobs)
            if _ended([_started(work, 36_000)])[1] or not record.exists():
                raise SystemExit(f"the tests of {', '.join(own)} did not run")
    codes = json.loads(record.read_text())
    table([mutant for mutant in sample if mutant.key in codes], codes)


def hunted(
    sample: list[Mutant],
    targets: dict[str, str],
    record: Path,
    compiled: bool,
    match: str,
    jobs: int,
) -> int:
    """Run a sample of mutants, all with kernels compiled or none; in a process of its own."""
    import numba
    import pytest

    numba.config.DISABLE_JIT = not compiled
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    sys.meta_path.insert(0, _FromMemory({file: _probed(file) for file in targets}))
    files = sorted({f"tests/test_{name}.py" for t in targets.values() for name in t.split()})
    options = [
        "-n0",
        "-pno:cacheprovider",
        "--tb=no",
        "--capture=no",
        *(["-k", match] * (match > "")),
    ]
    return int(pytest.main([*options, *files], plugins=[_Session(sample, targets, record, jobs)]))


def table(sample: list[Mutant], codes: dict[str, int]) -> None:
    """What was caught, by file."""
    print("\n| file | mutants | caught | missed | share |\n| --- | --- | --- | --- | --- |")
    made = Counter(m.file for m in sample)
    caught = Counter(m.file for m in sample if codes[m.key])
    for file, number in [*made.items(), ("all", len(sample))]:
        good = caught[file] if file != "all" else caught.total()
        print(f"| {file} | {number} | {good} | {number - good} | {good / number:.0%} |")
    print(f"\n{sum(codes[m.key] < 0 for m in sample)} ended by a signal or for want of time")


if __name__ == "__main__":
    main()
