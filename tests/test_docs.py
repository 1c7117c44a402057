"""The documentation is whole: code runs and prints what is shown, names and examples are all there.

`python tests/test_docs.py` writes the output on the pages anew.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
import warnings
from pathlib import Path

import matplotlib
import pandas as pd
import pytest

import klasternet
from klasternet.errors import KlasternetWarning

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [
    *sorted(DOCS.glob("tutorial*.md")),
    *sorted(DOCS.glob("how-to/*.md")),
    DOCS / "many-regions.md",
    ROOT / "CONTRIBUTING.md",
]
WRITTEN = [page for page in DOCS.rglob("*.md") if page.parts[len(DOCS.parts)] != "generated"]
# A piece of code. A comment before it may name the real table that it reads, and what to call it
# here; or say that it is slow: what reports and compiled scores do is tested elsewhere, and these
# pieces run when the output is written anew.
PIECE = re.compile(
    r"(?:<!-- real table: (?P<file>\S+) as (?P<link>\S+) -->\n)?(?P<slow><!-- slow -->\n)?"
    r"```python\n(?P<code>.*?)```(?:\n\n```text\n(?P<shown>.*?)```)?",
    re.DOTALL,
)

sys.path.insert(0, str(DOCS))


def runs(page: Path, real: Path | None, slow: bool = False):
    """Each piece of a page, run in one namespace: code, what is shown, what was printed."""
    names: dict = {"__name__": f"page {page.stem}"}
    matplotlib.use("Agg")
    for piece in PIECE.finditer(page.read_text(encoding="utf-8")):
        if (piece["slow"] and not slow) or (piece["file"] and real is None):
            continue
        if piece["file"]:
            Path(piece["link"]).symlink_to(real / piece["file"])
        said = io.StringIO()
        with contextlib.redirect_stdout(said), warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*not named for want of room", KlasternetWarning)
            exec(compile(piece["code"], page.name, "exec"), names)
        lines = [line.rstrip() for line in said.getvalue().strip("\n").split("\n")]
        yield piece, "\n".join(lines) + "\n" if any(lines) else None


def registries():
    from klasternet import registry

    return [thing for thing in vars(registry).values() if isinstance(thing, registry.Registry)]


@pytest.fixture(autouse=True)
def apart(tmp_path, monkeypatch):
    """Each page in an empty folder; what it registers is forgotten, what it draws closed."""
    monkeypatch.chdir(tmp_path)
    yield
    for kind in registries():
        for name, piece in list(kind._entries.items()):
            if str(getattr(piece, "__module__", "")).startswith("page "):
                kind.forget(name)
    from matplotlib import pyplot

    pyplot.close("all")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pages_show_what_their_code_prints(page, request):
    text = page.read_text(encoding="utf-8")
    real = request.getfixturevalue("shared") if "<!-- real table" in text else None
    for piece, printed in runs(page, real):
        assert piece["shown"] == printed, "python tests/test_docs.py writes the output anew"


def test_both_readers_of_invoices_make_one_network():
    frame = klasternet.datasets.planted(30, 3, seed=0)[0].to_edges()
    frame = frame.set_axis(["seller", "buyer", "amount"], axis=1)
    Path("invoices").mkdir()
    for year in (2021, 2022):  # twice each pair, so that there is something to sum
        rows = pd.concat([frame, frame]).assign(year=year, amount=lambda f, y=year: f.amount * y)
        rows.to_parquet(f"invoices/{year}.parquet")
    pieces = [piece["code"] for piece in PIECE.finditer((DOCS / "scale.md").read_text("utf-8"))]
    flows = []
    for engine in ("import duckdb", "import polars"):
        names: dict = {"kn": klasternet}
        exec(next(code for code in pieces if code.startswith(engine)), names)
        flows.append(names["network"].to_frame().sort_index(axis=0).sort_index(axis=1))
    pd.testing.assert_frame_equal(*flows)


def test_every_public_name_is_in_the_reference_once():
    import building

    listed = [name for names in building.reference().values() for name in names]
    public = {name for name in klasternet.__all__ if name not in ("__version__", "datasets")}
    assert len(listed) == len(set(listed))
    assert public <= set(listed)
    for name in set(listed) - public:  # functions of public modules
        room, _, function = name.partition(".")
        assert callable(getattr(getattr(building, room), function)), name


def test_groups_name_rooms_that_are_there():
    import building

    known = {room for whole in klasternet._ROOMS for room in (whole, whole.partition(".")[0])}
    for title, _, rooms in building.GROUPS.values():
        assert set(rooms) <= known, title


def test_every_example_is_in_the_gallery(tmp_path, monkeypatch):
    import building

    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.setattr(building, "DOCS", tmp_path)
    building._write_examples()
    studies = (tmp_path / "generated" / "studies.md").read_text(encoding="utf-8")
    for path in ROOT.glob("examples/*.py"):
        shown = tmp_path / "generated" / "examples" / path.name
        if path.name.startswith("plot_"):
            assert re.match(r'"""\n(.+)\n=+\n\n', shown.read_text(encoding="utf-8")), path.name
        else:
            assert f"../../examples/{path.name}" in studies


def test_names_in_code_type_find_their_page():
    import building

    places = ["detect", "Clusters", "Clusters.members", "contracts.check_detector"]
    known = {f"klasternet.{place}": place for place in places}
    found = {
        "detect": "detect",
        "clusters.members": "Clusters.members",
        "clusters.profile": "Clusters",
        "check_detector": "contracts.check_detector",
        "contrast": None,
    }
    assert {name: building._entry(known, name) for name in found} == found


def test_formulas_of_docstrings_are_set_as_they_stand():
    import building

    told = ["With x,", "", "    y = |x - z|", "", "Of `f(a, **b)`.", "", "Parameters", "----------"]
    told += ["x : float", "    Indented, and no formula."]
    lines = list(told)
    building.formulas(None, "function", "f", None, None, lines)
    assert lines[2:6] == ["::", "", "    y = |x - z|", ""]
    assert lines[-2:] == told[-2:]


def test_every_page_is_reached():
    """A page in no list of pages is found by nobody."""
    listed = set()
    for page in WRITTEN:
        for tree in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            entries = [line for line in tree.split("\n") if line and not line.startswith(":")]
            for entry in entries:
                target = entry.rpartition("<")[2].rstrip(">")
                listed |= (
                    set(page.parent.glob(target + ".md"))
                    if "*" in target
                    else {(page.parent / f"{target}.md").resolve()}
                )
    missing = {page for page in WRITTEN if page.resolve() not in listed} - {DOCS / "index.md"}
    assert not missing


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(DOCS)))
def test_names_and_headings_that_pages_speak_of_exist(page):
    text = page.read_text(encoding="utf-8")
    house = Path(klasternet.__file__).parent
    groups = {kind.group.partition(".")[2] for kind in registries()}
    known = {*klasternet.__all__, *groups, "NAME", *(path.stem for path in house.iterdir())}
    for name in re.findall(r"`(?:help\()?(?:kn|klasternet)\.([A-Za-z_]\w*)", text):
        assert name in known, f"{page.name} speaks of {name}"
    for target, heading in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", text):
        other = (page.parent / target if target else page).read_text(encoding="utf-8")
        titles = re.findall(r"^#+ (.+)$", other, re.MULTILINE)
        slugs = {re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in titles}
        assert heading in slugs, f"{page.name} links to #{heading}"


if __name__ == "__main__":
    from conftest import SHARED

    for page in PAGES:
        if sys.argv[1:] and page.stem not in sys.argv[1:]:
            continue
        text = page.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            for piece, printed in runs(page, SHARED if SHARED.is_dir() else None, True):
                if piece["shown"] is not None and printed is not None:
                    whole = piece[0]
                    anew = whole.replace(f"```text\n{piece['shown']}", f"```text\n{printed}")
                    text = text.replace(whole, anew)
                elif piece["shown"] != printed:
                    print(f"{page.name}: a piece prints {printed!r}, shown {piece['shown']!r}")
        page.write_text(text, encoding="utf-8", newline="\n")
    os.chdir(ROOT)
