"""The layout is a law: imports go down only, and names keep out of each other's way."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import klasternet

HOUSE = Path(klasternet.__file__).parent
FLOORS = [
    {"errors", "notebook"},
    {"registry", "kernels", "matrices", "certificate", "headings", "sentences"},
    {"stopping", "resuming"},
    {"repetition", "dendrograms", "phrasebook", "environment"},
    {"tables"},
    {"soundness"},
    {"intake"},
    {"exchange"},
    {"network"},
    {"labelling", "lift", "planting"},
    {"definitions", "overlap"},
    {"clusters", "ties", "nullmodels", "nulldraws", "datasets", "trials"},
    {"qualities"},
    {"detectors", "figures"},
    {"evidence"},
    {"assessment"},
    {"wording"},
    {"reporting", "contracts", "backend"},
    {"command"},
    {"__main__"},
]
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
BANNED_ROOMS = {"base", "core", "common", "helpers", "misc", "tools", "utils"}
ONLY_IN = {"matplotlib": "figures", "numba": "kernels"}
FILES = sorted(path for path in HOUSE.rglob("*.py") if path.parent.name != "data")
ROOMS = [path for path in FILES if path != HOUSE / "__init__.py"]


def name_of(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


def room_of(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def nodes_at_run_time(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk, leaving out what only type checkers see."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from nodes_at_run_time(node)


def imports(path: Path, source: str | None = None) -> Iterator[str]:
    """Yield imports as dotted names; those of klasternet begin with "klasternet."."""
    package = ["klasternet", *path.relative_to(HOUSE).parts[:-1]]
    for node in nodes_at_run_time(ast.parse(source or path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level] if node.level else []
            full = ".".join([*start, *([node.module] if node.module else [])])
            yield from (f"{full}.{alias.name}" for alias in node.names)


def target(dotted: str) -> Path | None:
    """Return the file of ours that an import reaches, None for the face and for others' code."""
    parts = dotted.split(".")
    if parts[0] != "klasternet":
        return None
    for end in range(len(parts), 1, -1):
        path = HOUSE.joinpath(*parts[1:end])
        if path.with_suffix(".py").is_file():
            return path.with_suffix(".py")
        if path.is_dir():
            return path / "__init__.py"
    return None


def broken(path: Path, source: str | None = None) -> list[str]:
    """Return a sentence for every import of a file that does not go down."""
    out = []
    for dotted in imports(path, source):
        below = target(dotted)
        if below is None or room_of(below) == room_of(path):
            continue
        if LEVEL[room_of(below)] >= LEVEL[room_of(path)]:
            out.append(f"{name_of(path)} imports {name_of(below)}: imports go down only")
    return out


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_imports_go_down(path):
    assert room_of(path) in LEVEL, f"{name_of(path)} stands on no floor: give its room one"
    assert broken(path) == []


def test_the_law_bites():
    found = broken(HOUSE / "network.py", "def f():\n    from .clusters import Clusters")
    assert found == ["network.py imports clusters.py: imports go down only"]
    found = broken(HOUSE / "ties.py", "from . import clusters\nimport klasternet.datasets")
    assert len(found) == 2
    hidden = "if TYPE_CHECKING:\n    from .clusters import Clusters\nfrom . import __version__"
    assert broken(HOUSE / "network.py", hidden) == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_heavy_guests_stay_in_their_rooms(path):
    for dotted in imports(path):
        room = ONLY_IN.get(dotted.split(".")[0])
        assert room is None or room_of(path) == room, f"{name_of(path)} imports {dotted}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_are_short_and_say_what_they_are(path):
    text = path.read_text(encoding="utf-8")
    head = ast.get_docstring(ast.parse(text))
    assert head, f"{name_of(path)} does not say what is in it"
    count = text.count("\n")
    assert count <= 400 or "lines" in head, f"{name_of(path)} has {count} lines and no reason"
    names = {part.removesuffix(".py") for part in path.relative_to(HOUSE).parts}
    assert not names & BANNED_ROOMS


def test_names_do_not_collide():
    public = set(klasternet.__all__)
    rooms = [path for path in ROOMS if room_of(path) != "kernels"]  # nobody reaches those by name
    modules = {path.stem for path in rooms} | {p.name for p in HOUSE.iterdir() if p.is_dir()}
    assert public & modules <= {"datasets"}  # a module handed on as itself
    assert not [name for name in public if name.lower().startswith("test")]


@pytest.mark.parametrize("name", klasternet.__all__)
def test_the_face_hands_on(name):
    assert getattr(klasternet, name) is not None


def test_the_face_is_light():
    heavy = ["matplotlib", "numba", "pandas", "numpy", "scipy", "networkx"]
    code = f"import sys, klasternet; print(*(m for m in {heavy} if m in sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HOUSE.parent
    )
    assert run.stdout.strip() == ""
