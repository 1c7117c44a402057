"""A study in one folder: tables for the computer, a figure for print, a page for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .errors import ParameterError
from .registry import choose
from .tables.table import IOTable
from .wording import (
    CLEAR,
    audit_counts,
    chance,
    count,
    headline,
    interval,
    listed,
    method,
    money,
    proof,
    times,
    verdict,
)

if TYPE_CHECKING:
    from .clusters import Clusters
    from .evidence.chance import Significance

__all__ = ["cluster_table", "report"]

FILES = ("clusters.csv", "industries.csv", "matrix.pdf", "matrix.png", "report.md")
AUDIT = {"check", "status", "where", "size", "advice"}
FIGURE = (
    "![The table in the order of its clusters](matrix.png)",
    "*Rows sell, columns buy; clusters are boxed; grey is the logarithm of the flow, white is no "
    "flow. For print: [matrix.pdf](matrix.pdf).*",
)
ROWS = 60  # rows of a result shown on the page


def report(
    clusters: Clusters,
    results: Iterable[Any] | Mapping[str, Any] = (),
    folder: str | Path = "klasternet-out",
    language: str = "en",
) -> Path:
    """Write a study into a folder: tables, the matrix figure, and a page that reads well.

    ``clusters.csv`` has one row for each cluster (members, density readings, verdict),
    ``industries.csv`` one for each industry, ``matrix.pdf`` and ``matrix.png`` are the table in
    the order of the clusters, ``report.md`` tells what was found, in what, and how. These five
    files are overwritten, nothing else in the folder is touched.

    Parameters
    ----------
    clusters : Clusters
    results : iterable, or mapping of title to result
        What else the page should hold: the IOTable the network was made from (for its source,
        year and audit), an audit, the outcome of `significance`, frames, and results that have a
        frame as `.table`.
    folder : path
        Made if it is not there.
    language : {"en"}

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ParameterError
        A language that is not known, a result that is no frame, a folder that cannot be written.

    Notes
    -----
    The readings describe clusters that were found in the same flows. They are no test: a verdict
    of "weak clusters" or "no clusters" stands at the head of the page.

    Examples
    --------
    >>> import tempfile
    >>> import klasternet as kn
    >>> network = kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"))
    >>> clusters = kn.Clusters.from_labels(network, [0, 1, 1, -1, -1, -1])
    >>> with tempfile.TemporaryDirectory() as place:
    ...     sorted(path.name for path in kn.report(clusters, folder=place).iterdir())
    ['clusters.csv', 'industries.csv', 'matrix.pdf', 'matrix.png', 'report.md']
    """
    from .figures.canvas import save
    from .figures.matrix import matrix_page

    if language == "id":
        raise ParameterError('reports in Indonesian (language="id") come later; choose "en".')
    choose("language", language, ("en",))
    table, audit, tested, added = _sort_out(results)
    readings = cluster_table(clusters)
    page = _page(clusters, readings, table, audit, tested, added)
    industries = clusters.to_frame()
    known = clusters.network.columns
    industries = industries.join(known[known.columns.difference(industries.columns, sort=False)])
    folder = Path(folder).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        readings.to_csv(folder / FILES[0], lineterminator="\n")
        industries.to_csv(folder / FILES[1], lineterminator="\n")
        figure = matrix_page(clusters)
        save(figure, folder / FILES[2])
        save(figure, folder / FILES[3])
        (folder / FILES[4]).write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ParameterError(
            f"the report cannot be written to {folder} ({error.strerror or error}). "
            "Choose a folder that can be written."
        ) from error
    return folder


def cluster_table(clusters: Clusters) -> pd.DataFrame:
    """Return one row for each cluster: number, members, `density` readings, verdict.

    The verdict is read off the interval of contrast (times denser inside than to the rest):
    "clear" where its lower end is at least 1.5, "fair" where it is above 1, "unsure" otherwise.
    `support` is the share of trials with hidden flows in which members stayed, where it is known.
    """
    names = pd.Index(clusters.names, name="cluster")
    frame = pd.DataFrame({"number": np.arange(len(clusters))}, index=names)
    if not len(clusters):
        return frame
    from .evidence.readings import density

    readings = density(clusters)
    frame = frame.join(readings)
    frame.insert(3, "share_of_trade", clusters.internal_flow / float(clusters.network.trade.sum()))
    if clusters.support is not None:
        frame["support"] = [
            float(np.mean(clusters.support[clusters.labels == k])) for k in range(len(clusters))
        ]
    low = frame["contrast_low"].to_numpy(dtype=float)
    frame["verdict"] = np.select([low >= CLEAR, low > 1], ["clear", "fair"], "unsure")
    frame["members"] = ["; ".join(map(str, members)) for members in clusters]
    return frame


# ---------------------------------------------------------------------------------- the page


Sorted = tuple[IOTable | None, pd.DataFrame | None, "Significance | None", dict[str, pd.DataFrame]]


def _sort_out(results: Any) -> Sorted:
    """Tell the table, its audit and the test of significance from what is to be added."""
    named = results if isinstance(results, Mapping) else {}
    if not named:
        several = [results] if isinstance(results, (pd.DataFrame, IOTable)) else list(results)
        named = {f"Result {k + 1}": result for k, result in enumerate(several)}
    from .evidence.chance import Significance

    table, audit, tested, added = None, None, None, {}
    for title, result in named.items():
        frame = result if isinstance(result, pd.DataFrame) else getattr(result, "table", None)
        if isinstance(result, IOTable):
            table = result
        elif isinstance(result, Significance):
            tested = result
        elif not isinstance(frame, pd.DataFrame):
            raise ParameterError(
                f"the result {title!r} is a {type(result).__name__}. "
                "Give frames, or results that have a frame as .table."
            )
        elif set(frame.columns) >= AUDIT:
            audit = frame
        else:
            added[str(frame.attrs.get("title", title))] = frame
    if table is not None and audit is None:
        audit = table.audit()
    return table, audit, tested, added


def _page(
    clusters: Clusters,
    readings: pd.DataFrame,
    table: IOTable | None,
    audit: pd.DataFrame | None,
    tested: Significance | None,
    added: Mapping[str, pd.DataFrame],
) -> str:
    network = clusters.network
    called = network.name or (table.name if table is not None else "")
    known = f" of {called}" if called else ""
    judged = f" Verdict: **{clusters.verdict}**." if clusters.verdict else ""
    failed = 0 if audit is None else int((audit["status"] == "fail").sum())
    broken = f" The table fails {count(failed, 'check', 'checks')} of its audit, see below."
    parts = [
        f"# Industrial clusters{known}",
        f"{headline(clusters)}.{judged} {verdict(clusters)}{broken * bool(failed)}",
        "A cluster is a set of industries whose flows of goods and services among each other are "
        "much denser than their flows to the rest of the economy.",
        *_clusters(clusters, readings),
        *_rest(clusters),
        *_claims(clusters, tested),
        *_data(clusters, table, audit),
        *_method(clusters),
    ]
    for title, frame in added.items():
        parts += [f"## {title}", _markdown(frame)]
    return "\n\n".join(parts) + "\n"


def _clusters(clusters: Clusters, readings: pd.DataFrame) -> list[str]:
    unit = clusters.network.unit
    parts = ["## The clusters"]
    if not len(readings):
        return [*parts, "There is none.", *FIGURE]
    rows = pd.DataFrame(
        {
            "cluster": readings.index,
            "industries": readings["industries"].to_numpy(),
            f"internal flow{', ' * bool(unit)}{unit}": readings["internal_flow"].map(money),
            "times denser inside than sizes predict": readings["gravity_ratio"].map(times),
            "to all others, times what sizes predict": readings["gravity_ratio_rest"].map(times),
            "times denser inside than to the rest": [
                interval(row) for row in readings.itertuples()
            ],
            "verdict": readings["verdict"].to_numpy(),
        }
    ).set_index(readings["number"].to_numpy())
    parts += [
        _markdown(rows),
        f"Clear: even the lower end of the interval is {CLEAR:g} or more. Fair: it is above 1. "
        "Unsure: it is not.",
        *FIGURE,
    ]
    return parts + [_paragraph(clusters, row) for row in readings.itertuples()]


def _paragraph(clusters: Clusters, row: Any) -> str:
    unit = clusters.network.unit
    members = clusters.members(row.number)
    text = (
        f"**{row.number} {row.Index}** ({count(len(members), 'industry', 'industries')}): "
        f"{listed(members)}. "
        f"Its members sell {money(row.internal_flow)} {unit} to each other, "
        f"{row.share_of_trade:.1%} of all trade between industries. "
    ).replace("  ", " ")
    if np.isfinite(row.gravity_ratio):
        text += f"That is {times(row.gravity_ratio)} times what their sizes predict; "
        text += f"their trade with all others is {times(row.gravity_ratio_rest)} "
        text += "times what sizes predict. "
    if np.isfinite(row.contrast):
        text += f"Flows are {times(row.contrast)} times denser inside than to all others (interval "
        text += f"{times(row.contrast_low)} to {times(row.contrast_high)}). "
    if np.isfinite(getattr(row, "support", np.nan)):
        text += f"A member held its place in {row.support:.0%} of the trials with hidden flows. "
    text += f"Members keep {row.sales_retention:.0%} of their sales to industries, and "
    return text + f"{row.purchase_retention:.0%} of their purchases, in the cluster."


def _rest(clusters: Clusters) -> list[str]:
    if not clusters.rest:
        return []
    number = count(len(clusters.rest), "industry belongs", "industries belong")
    return [
        "## The rest of the economy",
        f"{number} to no cluster: {listed(clusters.rest)}.",
    ]


def _claims(clusters: Clusters, tested: Significance | None) -> list[str]:
    parts = ["## What can be claimed", proof(clusters)]
    if tested is None:
        return [*parts, "Whether clusters like these come about by chance was not tested."]
    parts.append(chance(tested))
    if len(tested.table):
        rows = tested.table.rename(
            columns={
                "pvalue": "p, against the strongest cluster of each",
                "pvalue_like_size": "p, against clusters of like size",
            }
        )
        parts.append(_markdown(rows))
    return parts


def _data(clusters: Clusters, table: IOTable | None, audit: pd.DataFrame | None) -> list[str]:
    network = clusters.network
    year = f"Year {table.year}, " if table is not None and table.year is not None else ""
    flows = f"{money(network.total)} {network.unit}".strip()
    parts = ["## The table", f"{year}{network.n:,} industries, flows of {flows} in all."]
    if table is not None and table.source:
        parts.append(f"Source: {table.source}.")
    if audit is not None:
        parts.append(f"Audit: {audit_counts(audit)}.")
        found = audit[audit["status"].isin(["warn", "fail"])]
        lines = [
            f"- {row.status}: {row.check}: {row.where}. {row.advice}" for row in found.itertuples()
        ]
        parts += ["\n".join(lines)] if lines else []
    if network.decisions:
        parts += ["Set aside or changed before anything was computed:"]
        parts += ["\n".join(f"- {decision}" for decision in network.decisions)]
    return parts


def _method(clusters: Clusters) -> list[str]:
    parts = ["## The method", f"Clusters were {_found(clusters)}."]
    if clusters.recipe is not None:
        parts.append(
            f"Recipe, to make them again: `{clusters.recipe}`, klasternet "
            f"{clusters.recipe.version}; `clusters.recipe.repeat(network)` does."
        )
    parts.append(
        "What sizes predict is the flow that a gravity equation gives to a seller and a buyer. "
        "Readings describe clusters in the flows in which they were found; they are no test."
    )
    return parts


def _found(clusters: Clusters) -> str:
    return method(clusters) if clusters.recipe is None else f"found by: {method(clusters)}"


def _markdown(frame: pd.DataFrame) -> str:
    """A frame as a table in Markdown."""

    def cell(value: Any) -> str:
        text = f"{value:,.4g}" if isinstance(value, float) else str(value)
        return text.replace("|", "\\|").replace("\n", " ")

    head = [cell(name) for name in (frame.index.name or "", *frame.columns)]
    rows = [
        [cell(v) for v in (index, *row)]
        for index, row in zip(frame.index, frame.to_numpy(dtype=object), strict=True)
    ]
    lines = [head, ["---"] * len(head), *rows[:ROWS]]
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return text + f"\n\nand {len(rows) - ROWS:,} rows more." * (len(rows) > ROWS)
