"""Would the tests notice? Small faults put into the code one at a time, and how many are caught.

    python -m benchmarks.mutation [--mutants 200] [--seed 0] [--only certificate.py] [--record FILE]

A mutant is a target file with one small fault (`_changes`); a sample is drawn by seed, from each
file in proportion to the faults that it can have. Nothing on disk is touched. All tests run once,
with a probe at the head of every function that may be mutated: so it is known which tests enter it
and how long they take. Then a process is forked for each mutant, given the faulty code of the
function, and runs those tests, the quickest first, until one fails. (Faults outside functions,
in constants and defaults, have the package imported anew.) Mutants that end their process, or take
`TIMES` the time of their tests, count as caught. Kernels run uncompiled: a mutant would have to be
compiled anew. Tests that take longer than `SLOW` seconds are left out, and of the others so many
are run as take `BUDGET` seconds: what only the rest would catch counts as missed.

Texts of errors and of what is printed are not mutated, nor are annotations, decorators and
assertions, which are there for the type checker.
"""

from __future__ import annotations

import argparse
import ast
import copy
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
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "klasternet"
PLAIN = {  # file: the test files that may notice
    "qualities.py": "laws exact certificate dense_engine",
    "nullmodels.py": "nullmodels laws",
    "certificate.py": "certificate",
    "evidence/readings.py": "density overlap",
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
GAINS = {  # functions of a file that are looked at, if not all: the objective and its gains
    "kernels/dense.py": "compact within load _shift _open local_moves aggregate settle _merge",
}
SLOW = 1.0  # seconds of a test that is not run for every mutant
TIMES = 5.0  # times the seconds of its tests after which a mutant is taken to hang
BUDGET = 2.0  # seconds of tests for one mutant
LEAST = 8  # mutants of a file, if it has so many

COMPARED = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
COMBINED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitXor: ast.BitOr,
}  # fmt: skip
SWAPPED = {"any": "all", "min": "max", "minimum": "maximum", "argmin": "argmax"}
SWAPPED |= {other: one for one, other in SWAPPED.items()}


@dataclass(frozen=True)
class Mutant:
    """One fault: where and what; in the tree, number `which` of the changes of node `at`."""

    file: str
    line: int
    function: str
    operator: str
    text: str
    at: int
    which: int
    outside: bool  # of the body of any function: a constant of the module, a default

    @property
    def key(self) -> str:
        return f"{self.file}:{self.line} {self.function} ({self.operator}): {self.text}"


def _changes(node: ast.AST) -> Iterator[tuple[str, str, Any]]:
    """Operator, what it says, and what stands in the node's place."""

    def other(**fields: Any) -> Any:
        new = copy.copy(node)
        for name, value in fields.items():
            setattr(new, name, value)
        return new

    match node:
        case ast.Compare(ops=ops):
            for k, op in enumerate(ops):
                for new in COMPARED[type(op)]:
                    done = [*ops[:k], new(), *ops[k + 1 :]]
                    yield "comparison", new.__name__, other(ops=done)
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in COMBINED:
            new = COMBINED[type(op)]
            yield "arithmetic", new.__name__, other(op=new())
            if isinstance(node, ast.AugAssign):
                yield "removed", "", ast.Pass()
        case ast.Constant(value=bool(value)):
            yield "constant", str(not value), other(value=not value)
        case ast.Constant(value=int(value) | float(value)):
            yield "constant", str(value + 1), other(value=value + 1)
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert(), operand=operand):
            yield "negation", "dropped", operand
        case ast.BoolOp(op=op):
            yield "and/or", "", other(op=ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.Name(id=name) if name in SWAPPED:
            yield "min/max", SWAPPED[name], other(id=SWAPPED[name])
        case ast.Attribute(attr=name) if name in SWAPPED:
            yield "min/max", SWAPPED[name], other(attr=SWAPPED[name])
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            yield "negation", "of a condition", other(test=ast.UnaryOp(ast.Not(), test))
        case ast.Expr(value=ast.Call()) | ast.Raise():
            yield "removed", "", ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_]):
            yield "removed", "", ast.Pass()
        case ast.Continue():
            yield "removed", "break instead", ast.Break()
        case ast.Break():
            yield "removed", "continue instead", ast.Continue()
        case ast.Return(value=ast.expr()):
            yield "returned", "None", other(value=ast.Constant(None))


def _places(node: ast.AST, function: str = "") -> Iterator[tuple[ast.AST, str, Any, str]]:
    """All nodes that may be mutated: parent, field, index in it or None, function."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        if isinstance(node, ast.Raise) and field == "exc":
            continue
        for k, child in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr | ast.Assert):
                continue
            inner = isinstance(child, ast.FunctionDef | ast.ClassDef)
            name = f"{function}.{child.name}".strip(".") if inner else function
            yield node, field, k if isinstance(value, list) else None, name
            yield from _places(child, name)


def _source(file: str) -> str:
    return (ROOT / PACKAGE / file).read_text(encoding="utf-8")


def mutants(file: str) -> list[Mutant]:
    """All mutants of a file."""
    lines = _source(file).splitlines()
    out = []
    for at, (parent, field, k, function) in enumerate(_places(ast.parse(_source(file)))):
        if file in GAINS and function not in GAINS[file].split():
            continue
        node = getattr(parent, field) if k is None else getattr(parent, field)[k]
        for which, (operator, text, _) in enumerate(_changes(node)):
            line = getattr(node, "lineno", 0)
            said = f"{lines[line - 1].strip()}  [{ast.unparse(node).splitlines()[0][:60]}: {text}]"
            outside = isinstance(parent, ast.arguments) or not function
            out.append(Mutant(file, line, function, operator, said, at, which, outside))
    return out


def mutated(mutant: Mutant) -> Any:
    """The tree of a file with its fault."""
    tree = ast.parse(_source(mutant.file))
    parent, field, k, _ = list(_places(tree))[mutant.at]
    held = getattr(parent, field)
    node = held if k is None else held[k]
    new = ast.copy_location(list(_changes(node))[mutant.which][2], node)
    if k is None:
        setattr(parent, field, new)
    else:
        held[k] = new
    return ast.fix_missing_locations(tree)


def drawn(files: list[str], number: int, seed: int) -> list[Mutant]:
    """A sample, from each file in proportion to the mutants that it can have."""
    rng = random.Random(seed)
    pools = {file: mutants(file) for file in files}
    total = sum(map(len, pools.values()))
    out = []
    for pool in pools.values():
        wanted = max(LEAST, round(number * len(pool) / total))
        out += rng.sample(pool, min(wanted, len(pool)))
    return out


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
    tree = ast.parse(_source(file))
    places = [  # all of them, before any probe moves what comes after it
        (getattr(parent, field) if k is None else getattr(parent, field)[k], function)
        for parent, field, k, function in _places(tree)
    ]
    for node, function in places:
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


def _forked(work: Any, seconds: float) -> int:
    """Exit code of a function in a process of its own; minus a signal's number if one ended it."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
            resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))
            signal.alarm(int(10 * seconds) + 30)
            code = int(work())
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


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

    def __init__(self, sample: list[Mutant], targets: dict[str, str], record: Path) -> None:
        self.sample, self.targets, self.record = sample, targets, record
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

            self.codes[mutant.key] = _forked(work, TIMES * took + 15) if run else 0
            self.record.write_text(json.dumps(self.codes, indent=0))
            if not self.codes[mutant.key]:
                say(f"{at} of {len(self.sample)} missed, {len(run)} tests: {mutant.key}")
        return True

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
            work = partial(hunted, part, own, record, compiled, given.match)
            if _forked(work, 36_000) or not record.exists():
                raise SystemExit(f"the tests of {', '.join(own)} did not run")
    codes = json.loads(record.read_text())
    table([mutant for mutant in sample if mutant.key in codes], codes)


def hunted(
    sample: list[Mutant], targets: dict[str, str], record: Path, compiled: bool, match: str
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
    return int(pytest.main([*options, *files], plugins=[_Session(sample, targets, record)]))


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
