"""report(): the folder, written aside and put in its place when all of it is there."""

from __future__ import annotations

import glob
import os
import shutil
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows: what a killed run left there stays
    fcntl = None  # type: ignore[assignment]

from ..clusters import Clusters
from ..errors import ParameterError
from ..phrasebook import tongue
from ..stopping import undisturbed
from .chapters import compose
from .document import Document
from .naming import indonesian_names, renamed_clusters, renamed_result, renamed_table
from .provenance import FILE, outdated, provenance
from .provenance import write as write_provenance
from .rendering import to_html, to_markdown
from .sheets import csv_text, latex_text
from .study import Study, sorted_out

__all__ = ["report"]


def report(
    clusters: Clusters,
    results: Iterable[Any] | Mapping[str, Any] = (),
    folder: str | Path = "klasternet-out",
    language: str = "en",
) -> Path:
    """Write a study into a folder: a page to read, its figures and tables, and where it comes from.

    ``report.html`` and ``report.md`` tell the same: what was found, a picture, each cluster in a
    paragraph, what can be claimed, the data and their faults, the method. Each figure is there as
    NAME.png and NAME.pdf, each table as NAME.csv (numbers in full, for the computer) and NAME.tex
    (as on the page; booktabs). ``clusters.csv`` has one row for each cluster, ``industries.csv``
    one for each industry. ``provenance.json`` has the versions, seeds, recipe and decisions, the
    hash of the flows and of every file.

    Parameters
    ----------
    clusters : Clusters
    results : iterable, or mapping of title to result
        What else the report should tell: the IOTable the network was made from (its source, year
        and audit; exports, jobs and imports by cluster), an audit; what `significance`,
        `certify`, `stability`, `agreement`, `validation_scores`, `profile_resolution`, `levels`,
        `evolve`, `cluster_profile`, `scorecard` and `location_quotients` return, each with its
        figure; a GeoDataFrame with a column lq or z (`draw_map`); any other frame, or result that
        has one as `.table`.
    folder : path
        Made if it is not there. Files of an earlier report are replaced, or taken away where this
        one has none of that name and nobody has changed them; others are not touched.
    language : {"en", "id"}
        Indonesian: sentences, numbers, heads of tables, words within figures, and the industries
        where a published classification has their Indonesian names (`sector_names`). Heads of CSV
        files and what a source says of itself stay English.

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
    The same inputs give the same bytes: nothing is dated, and no path of the machine is told.
    Files are written aside and moved when all are there, so that what fails, or is stopped, leaves
    no half report; Ctrl-C and SIGTERM wait for the moving. What a killed run left aside goes with
    the next report to that folder (not on Windows).
    Text that a spreadsheet would take for a formula has an apostrophe before it in the CSV and in
    the tables of the page, which may be pasted into one.

    The readings describe clusters that were found in the same flows. They are no test: a verdict
    of "weak clusters" or "no clusters" stands at the head of the page.

    Examples
    --------
    >>> import tempfile
    >>> import klasternet as kn
    >>> table = kn.datasets.load("germany_1995")
    >>> clusters = kn.Clusters.from_labels(kn.FlowNetwork.from_table(table), [0, 1, 1, -1, -1, -1])
    >>> with tempfile.TemporaryDirectory() as place:
    ...     sorted(path.name for path in kn.report(clusters, [table], place).glob("*.[hmj]*"))
    ['provenance.json', 'report.html', 'report.md']
    """
    if not isinstance(clusters, Clusters):
        raise ParameterError(
            f"report needs Clusters, not a {type(clusters).__name__}. Make them with detect."
        )
    speech = tongue(language)
    table, audit, titled, kinds = sorted_out(results)
    called = {}
    if speech.language == "id":
        called = indonesian_names(clusters.network.industries)
        audit = None if table is not None else audit
    shown = renamed_clusters(clusters, called)
    if table is not None:
        table = renamed_table(table, called)
        audit = table.audit(speech.language) if audit is None else audit
    known = provenance(clusters, table, titled, speech.language, called)
    kinds = {
        kind: [(title, renamed_result(result, called)) for title, result in several]
        for kind, several in kinds.items()
    }
    folder = Path(folder).expanduser()
    aside = held = None
    try:
        aside = _room_beside(folder)
        held = _locked(aside)
        study = Study(shown, table, audit, kinds, called, speech, aside)
        _write(compose(study, known), study, aside)
        write_provenance(aside, known)
        with undisturbed():
            _put_in_place(aside, folder)
    except OSError as error:
        raise ParameterError(
            f"the report cannot be written to {folder} ({error.strerror or error}). "
            "Choose a folder that can be written."
        ) from error
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)
        if held is not None:
            os.close(held)
    return folder


def _room_beside(folder: Path) -> Path:
    """A new folder on the same disk; within the folder itself where that is there already.

    Others of its kind that nobody holds are what a killed run has left, and go.
    """
    folder = Path(os.path.abspath(folder))
    name = folder.name or "report"
    for place in (folder.parent, folder):
        for left in place.glob(f".{glob.escape(name)}-*.part"):
            if (held := _locked(left)) is not None:
                shutil.rmtree(left, ignore_errors=True)
                os.close(held)
    place = folder if folder.exists() else folder.parent
    place.mkdir(parents=True, exist_ok=True)
    aside = place / f".{name}-{os.getpid()}-{threading.get_ident()}.part"
    aside.mkdir()
    return aside


def _locked(folder: Path) -> int | None:
    """Hold a folder as long as this process lives; None where another holds it, or none can."""
    if fcntl is None:
        return None
    held = None
    try:
        held = os.open(folder, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        if held is not None:
            os.close(held)
        return None
    return held


def _put_in_place(aside: Path, folder: Path) -> None:
    """Move at once where there is no such folder yet, else file by file, the provenance last.

    What an earlier report left there goes, if it is as that report wrote it: a figure of other
    clusters beside this page would mislead.
    """
    if not folder.exists():
        aside.rename(folder)
        return
    for path in outdated(folder, [path.name for path in aside.iterdir()]):
        path.unlink()
    for path in sorted(aside.iterdir(), key=lambda path: (path.name == FILE, path.name)):
        path.replace(folder / path.name)


def _write(document: Document, study: Study, folder: Path) -> None:
    """The page in both forms, and its tables."""

    def text(name: str, content: str) -> None:
        (folder / name).write_text(content, encoding="utf-8", newline="\n")

    for table in (*document.tables(), *study.files.values()):
        if table.data is not None:
            text(f"{table.name}.csv", csv_text(table.data))
        text(f"{table.name}.tex", latex_text(table))
    text("report.md", to_markdown(document))
    text("report.html", to_html(document))
