"""Small faults that a file of the package can have, one at a time, and samples of them.

Texts of errors and of what is printed are not mutated, nor are annotations, decorators and
assertions, which are there for the type checker. Nothing on disk is touched.
"""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "klasternet"
GAINS = {  # functions of a file that are looked at, if not all: the objective and its gains
    "kernels/dense.py": "compact within load _shift _open local_moves aggregate settle _merge",
}
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


def places(node: ast.AST, function: str = "") -> Iterator[tuple[ast.AST, str, Any, str]]:
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
            yield from places(child, name)


def source(file: str) -> str:
    return (ROOT / PACKAGE / file).read_text(encoding="utf-8")


def mutants(file: str) -> list[Mutant]:
    """All mutants of a file."""
    lines = source(file).splitlines()
    out = []
    for at, (parent, field, k, function) in enumerate(places(ast.parse(source(file)))):
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
    tree = ast.parse(source(mutant.file))
    parent, field, k, _ = list(places(tree))[mutant.at]
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
