"""What is written when the site is built, so that no list has to be kept by hand.

- reference/: a page for every public name, in groups by what is asked; the groups follow the
  rooms in `klasternet._ROOMS`, so that a new name has its page without being listed here.
- gallery/: every examples/plot_*.py, run; generated/studies.md: the other examples.
- generated/: pages whose source lies elsewhere in the repository.
- names in code type, such as `kn.detect`, are linked to their page.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
from pathlib import Path
from typing import Any

import klasternet
from klasternet import _ROOMS, contracts, datasets, registry

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent

# Title, what is asked, and the rooms: a name belongs to the first group that has its room, or the
# longest beginning of it.
GROUPS = {
    "tables": (
        "Tables",
        "From a file to accounts that add up: reading, auditing, joining, balancing, naming.",
        ("tables", "datasets"),
    ),
    "networks": (
        "Networks",
        "Industries and the flows between them; what sizes alone predict; ties of other kinds.",
        ("network", "ties", "lift"),
    ),
    "clusters": (
        "Clusters",
        "Which industries belong together, at which resolution, and what parts a cluster has.",
        ("detectors", "clusters", "qualities"),
    ),
    "evidence": (
        "What can be claimed",
        "How dense, whether proven, whether by chance, which members are certain, since when.",
        ("evidence", "certificate"),
    ),
    "accounts": (
        "What a cluster does",
        "Its place in the economy: multipliers, linkages, exports, positions, losses without it.",
        ("assessment",),
    ),
    "places": (
        "Where it is",
        "Specialisation, geography, relatedness, growth, and what a region lacks.",
        tuple(
            f"assessment.{room}"
            for room in (
                *("quotients", "colocation", "dispersion", "distances", "hotspots", "plants"),
                *("shifts", "relatedness", "opportunity"),
            )
        ),
    ),
    "scorecards": (
        "How it stands",
        "Nine factors, their weights, and how much of a score rests on evidence.",
        ("assessment.rosenfeld", "assessment.weighing"),
    ),
    "figures": (
        "Figures",
        "At the width of a journal's column, with type that stays type.",
        ("figures",),
    ),
    "reports": ("Reports", "A study in a folder.", ("reporting",)),
    "extending": (
        "Bring your own",
        "A function and a decorator; checks that tell whether it keeps its contract.",
        ("registry",),
    ),
    "errors": (
        "What can go wrong",
        "Every error says what, where, and what to do; what klasternet runs on.",
        ("errors", "environment"),
    ),
}
ALSO = {  # public functions of public modules
    "tables": [f"datasets.{name}" for name in datasets.__all__],
    "extending": [f"contracts.{name}" for name in contracts.__all__],
}
PIECES = {  # what is called by name: a registry, and where it is told how to use it
    "Methods of detect": (registry.detectors, "``klasternet.detect(network, method)``"),
    "Tie rules": (registry.tie_rules, "``klasternet.tie(network, rule)``"),
    "Null models": (registry.null_models, "``klasternet.detect(network, null=...)``"),
    "Layouts": (registry.layouts, "``klasternet.draw_network(clusters, layout=...)``"),
}
NOUNS = {"network": "FlowNetwork", "clusters": "Clusters", "table": "IOTable"}  # as on the pages
TITLES = {  # of the gallery, where the name of the script does not say enough
    "gephi": "For Gephi and Cytoscape",
    "map": "A cluster on the map",
    "matrix": "The table by clusters",
    "matrix_in_indonesian": "In Indonesian",
    "multiverse": "Under other choices",
    "network": "Industries and their ties",
    "null": "Against chance",
}
ELSEWHERE = {  # pages written beside the code they tell of
    "benchmarks/README.md": "benchmarks",
    "klasternet/data/README.md": "data",
    "CONTRIBUTING.md": "contributing",
    "CHANGELOG.md": "changelog",
}


def group_of(room: str) -> str:
    """The group of a room: the one that names it, or most of the beginning of its name."""
    fits = [
        (len(prefix), key)
        for key, (_, _, rooms) in GROUPS.items()
        for prefix in rooms
        if room == prefix or room.startswith(prefix + ".")
    ]
    return max(fits)[1] if fits else "accounts"


def reference() -> dict[str, list[str]]:
    """Public names of each group, as they are called after ``klasternet.``."""
    listed: dict[str, list[str]] = {key: [] for key in GROUPS}
    for room, names in _ROOMS.items():
        listed[group_of(room)] += names
    return {
        key: sorted(names, key=_verbs_first) + ALSO.get(key, []) for key, names in listed.items()
    }


def _verbs_first(name: str) -> tuple[bool, str]:
    return inspect.isclass(getattr(klasternet, name)), name


def types() -> dict[str, str]:
    """Our own nouns as parameter types, to be linked."""
    return {
        name: f"klasternet.{name}"
        for names in _ROOMS.values()
        for name in names
        if inspect.isclass(getattr(klasternet, name))
    }


def write(app: Any, config: Any) -> None:
    """Write all generated pages; those that are as they were stay untouched, and cached."""
    _write_reference()
    _write_examples()
    for source, page in ELSEWHERE.items():
        text = (ROOT / source).read_text("utf-8")
        _put(DOCS / "generated" / f"{page}.md", _moved(text, ROOT / source))


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8", newline="\n")


def _write_reference() -> None:
    toc = ["Reference", "=========", "", "Every public name. ``import klasternet as kn``.", ""]
    toc += [".. toctree::", "   :hidden:", ""]
    toc += [f"   {key}" for key in [*GROUPS, "pieces"]]
    for key, names in reference().items():
        title, asked, _ = GROUPS[key]
        page = [title, "=" * len(title), "", asked, "", ".. currentmodule:: klasternet", ""]
        page += [".. autosummary::", "   :toctree: names", "   :nosignatures:", ""]
        page += [f"   {name}" for name in names]
        _put(DOCS / "reference" / f"{key}.rst", "\n".join(page) + "\n")
        toc += ["", title, "-" * len(title), "", asked, ""]
        toc += [".. currentmodule:: klasternet", "", ".. autosummary::", "   :nosignatures:", ""]
        toc += [f"   {name}" for name in names]
    title = "Methods, rules and models by name"
    page = [title, "=" * len(title), ""]
    asked = "Detectors of the literature, tie rules, null models and layouts that come along."
    page += [asked, ""]
    for heading, (pieces, used) in PIECES.items():
        page += [heading, "-" * len(heading), "", used, ""]
        for name in pieces:
            page += _piece(name, pieces.find(name))
    _put(DOCS / "reference" / "pieces.rst", "\n".join(page) + "\n")
    toc += ["", title, "-" * len(title), "", asked, "See :doc:`pieces`.", ""]
    _put(DOCS / "reference" / "index.rst", "\n".join(toc) + "\n")


def _piece(name: str, piece: Any) -> list[str]:
    """One registered piece: its name and its docstring, wherever it lives."""
    out = [f'"{name}"', "~" * (len(name) + 2), ""]
    where, called = getattr(piece, "__module__", ""), getattr(piece, "__qualname__", "")
    if inspect.isfunction(piece) and where.startswith("klasternet") and "<" not in called:
        return [*out, f".. autofunction:: {where}.{called}", ""]
    told = inspect.getdoc(piece) or ""
    return [*out, told.split("\n\n")[0].replace("\n", " "), ""]


def _write_examples() -> None:
    """Examples with a title for the gallery; the others on a page of their own."""
    folder = DOCS / "generated" / "examples"
    head = (
        "Gallery\n=======\n\nEvery figure here is made by the script beside it, from tables that "
    )
    head += (
        "come with klasternet. Studies of real economies are told in\n:doc:`/generated/studies`.\n"
    )
    _put(folder / "GALLERY_HEADER.rst", head)
    studies = ["# Studies of real economies", ""]
    studies += ["What each reads, and where to have it, is told in its first lines.", ""]
    wanted = {"GALLERY_HEADER.rst"}
    for path in sorted((ROOT / "examples").glob("*.py")):
        text = path.read_text("utf-8")
        subject = path.stem.removeprefix("plot_")
        title = TITLES.get(subject, subject.replace("_", " ").capitalize())
        if path.name.startswith("plot_"):
            wanted.add(path.name)
            _put(
                folder / path.name, text.replace('"""', f'"""\n{title}\n{"=" * len(title)}\n\n', 1)
            )
            continue
        lead = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0].replace("\n", " ")
        studies += [f"## `{path.name}`", "", lead, ""]
        studies += [
            f"```{{literalinclude}} ../../examples/{path.name}",
            ":language: python",
            "```",
            "",
        ]
    for path in folder.iterdir():
        if path.name not in wanted:
            path.unlink()
    _put(DOCS / "generated" / "studies.md", "\n".join(studies))


def _moved(text: str, source: Path) -> str:
    """The text of a page with its relative links seen from docs/generated."""

    def link(match: re.Match[str]) -> str:
        target = match[1]
        if "://" in target or target.startswith(("#", "mailto:")):
            return match[0]
        return f"]({_target((source.parent / target).resolve(), DOCS / 'generated')})"

    return re.sub(r"\]\(([^)\s]+)\)", link, text)


def _target(path: Path, seen_from: Path) -> str:
    """A link to a file of the repository: to its page where it has one."""
    known = path.relative_to(ROOT).as_posix()
    page = DOCS / "generated" / f"{ELSEWHERE[known]}.md" if known in ELSEWHERE else path
    if known == "README.md":
        page = DOCS / "index.md"
    return Path(os.path.relpath(page, seen_from)).as_posix()


def follow(app: Any, docname: str, source: list[str]) -> None:
    """Links of Markdown pages that leave the documentation lead to the generated page instead."""
    page = Path(app.env.doc2path(docname))
    if page.suffix != ".md" or "generated" in page.parts:
        return

    def link(match: re.Match[str]) -> str:
        path = (page.parent / match[1]).resolve()
        outside = path.is_relative_to(ROOT) and not path.is_relative_to(DOCS)
        return f"]({_target(path, page.parent)})" if outside else match[0]

    source[0] = re.sub(r"\]\((\.\./[^)#\s]+)\)", link, source[0])


def formulas(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Indented blocks of a docstring's prose are formulas: set them as they stand.

    Prose is all before the first section, and the section Notes; elsewhere indentation belongs to
    numpydoc's lists.
    """
    out: list[str] = []
    section, inside = "", False
    for at, line in enumerate(lines):
        if at + 1 < len(lines) and re.fullmatch(r"-{3,}", lines[at + 1].strip()):
            section = line.strip()
        indented = line.startswith("    ")
        after_gap = not out or not out[-1].strip()
        if section in ("", "Notes") and indented and after_gap and not inside:
            out += ["::", ""]
            inside = True
        elif line.strip() and not indented:
            inside = False
        out.append(line if inside or section == "Examples" else _plain(line))
    lines[:] = out


def _plain(line: str) -> str:
    """Stars and bars of a docstring as they stand: `f(x, **params)` and |s - x| mean no markup."""
    line = re.sub(r"(?<=[(\s])\*\*(?=\w+\))", r"\\*\\*", line)
    return re.sub(r"(?<![\w|`])\|(?=\w[^|`]*\|)", r"\|", line)


def link_names(app: Any, doctree: Any, docname: str) -> None:
    """Make links of public names in code type: `detect`, `kn.detect(...)`, `Clusters.sizes`."""
    from docutils import nodes
    from sphinx.util.nodes import make_refnode

    known = app.env.domains["py"].objects
    for literal in list(doctree.findall(nodes.literal)):
        if (
            isinstance(literal.parent, nodes.reference | nodes.title)
            or "xref" in literal["classes"]
        ):
            continue
        match = re.fullmatch(
            r"(?:help\()?(?:klasternet\.|kn\.)?([A-Za-z_][\w.]*)(\(.*)?\)?", literal.astext()
        )
        entry = _entry(known, match[1]) if match else None
        if entry is None or entry.docname == docname:
            continue
        copy = literal.deepcopy()
        literal.replace_self(
            make_refnode(app.builder, docname, entry.docname, entry.node_id, copy, match[1])
        )


def _entry(known: Any, name: str) -> Any:
    """What a page means by a name: ours, a check, a detector, a method of network or clusters."""
    head, dot, rest = name.partition(".")
    name = NOUNS.get(head, head) + dot + rest
    tail = name.rpartition(".")[2]
    places = [name, f"contracts.{name}", f"detectors.{tail}.{tail}"]
    places += (
        [NOUNS[head]] if head in NOUNS else []
    )  # an attribute is told on the page of its class
    return next(filter(None, (known.get(f"klasternet.{place}") for place in places)), None)


def setup(app: Any) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("config-inited", write, priority=100)
    app.connect("source-read", follow)
    app.connect("autodoc-process-docstring", formulas, priority=100)
    app.connect("doctree-resolved", link_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
