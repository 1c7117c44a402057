"""The command line: reads a table, finds its clusters, tells what it found, writes a report.

Results go to the standard output, everything else (errors, warnings, progress) to the other one.
The exit code is 0, or 2 with one message where the input or an option cannot be right; 130 and 143
after Ctrl-C and SIGTERM, which end all of it at once.
"""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import __version__
from . import wording as words
from .errors import KlasternetError, KlasternetWarning, ParameterError
from .phrasebook import LANGUAGES, Tongue, listed, tongue
from .registry import choose
from .stopping import Stopped, stoppable

if TYPE_CHECKING:
    import pandas as pd

    from .clusters import Clusters
    from .evidence.chance import Significance
    from .network import FlowNetwork
    from .tables.table import IOTable

__all__ = ["main"]

WIDTH = 100
EXAMPLE = "usa_2022"
PATIENCE = 1.5  # seconds without a word
DRAWS = 199  # random economies
TESTED = 500  # industries up to which they are searched
BEGIN = """\
examples:
  klasternet                                    the embedded table of the United States, 2022
  klasternet table.csv --out study              a table with labels in its first row and column
  klasternet table.xlsx --sheet 2015 --read drop=Total --read output=Output
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    for stream in (sys.stdout, sys.stderr):  # names of industries must not stop a narrow terminal
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        options = _options(argv)
        with _our_warnings(), stoppable():
            _run(options)
    except KlasternetError as error:
        _tell(f"error: {error}")
        return 2
    except Stopped as stop:
        _tell("interrupted; no half-written report was left.")
        return stop.number + 128
    except SystemExit as stop:  # argparse: --help, --version, an option without its value
        return stop.code if isinstance(stop.code, int) else 2
    except KeyboardInterrupt:  # before there was anything to stop
        return 130
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="klasternet",
        description="Finds industrial clusters in an input-output table, says how dense they are, "
        "and writes tables, a figure and a report.",
        epilog=BEGIN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("table", nargs="?", default=EXAMPLE, metavar="TABLE",
        help="file or folder; or the name of an embedded table (default: usa_2022)")  # fmt: skip
    add("--layout", default="auto", help="how the file is laid out (default: auto)")
    add("--sheet", help="sheet of a workbook")
    add("--read", action="append", default=[], metavar="KEY=VALUE",
        help="where things are in the file, as in read_table: drop=Total, output=Output, "
        "final_demand=Households;Exports, industries=Farms..Services")  # fmt: skip
    add("--flows", default="domestic", help="domestic (default), or total: with imported inputs")
    add("--loops", action="store_true", help="keep what an industry sells to itself")
    add("--negatives", default="aside", help="aside (default), transpose or raise")
    add("--ties", default="flow", metavar="RULE", help="what is clustered (default: flow)")
    add("--measure", default="auto", help="lift, flow or auto (default)")
    add("--resolution", default="auto", help="density asked of a cluster, or auto (default)")
    add("--null", default="gravity", help="null model (default: gravity)")
    add("--seed", default="0", help="seed (default: 0)")
    add("--draws", default=str(DRAWS), metavar="N",
        help=f"random economies that the clusters are tested against (default: {DRAWS}; 0: none; "
        f"not beyond {TESTED:,} industries)")  # fmt: skip
    add("--language", default="en", metavar="LANGUAGE",
        help=f"of what is told and written: {' or '.join(LANGUAGES)} (default: en)")  # fmt: skip
    add("--out", default="klasternet-out", metavar="DIR", help="folder (default: klasternet-out)")
    add("--quiet", action="store_true", help="print only where the files are")
    add("--version", action="version", version=f"klasternet {__version__}")
    options, unknown = parser.parse_known_args(argv)
    for word in unknown:
        known = [o for action in parser._actions for o in action.option_strings if o[:2] == "--"]
        choose("option", word.partition("=")[0], known)
    return options


def _run(options: argparse.Namespace) -> None:
    """The main job, from the table to the files."""
    from .reporting.tallies import cluster_table
    from .reporting.writing import report

    speech = tongue(options.language)
    seed, resolution = _whole(options.seed), _resolution(options.resolution)
    draws = _whole(options.draws, "draws")
    table = _table(options, speech)
    audit = table.audit(speech.language)
    say = _Voice(options.quiet, speech)
    _tell_table(say, table, audit)
    network = _network(table, options)
    _tell_decisions(say, network)
    with _patience(speech):
        clusters = _detect(network, options, resolution, seed)
    _tell_clusters(say, clusters, cluster_table(clusters))
    results = {"table": table, "audit": audit}
    tested = _tested(clusters, draws, seed)
    if tested is not None:
        results["significance"] = tested
    _tell_claims(say, clusters, tested)
    folder = report(clusters, results, folder=options.out, language=speech.language)
    say.head(speech.say("Written to {}", folder))
    names = [path.name for path in _written(folder)]
    say.text(", ".join(sorted(names, key=lambda name: (name != "report.html", name))))
    if options.quiet:
        print(folder)


def _written(folder: Path) -> list[Path]:
    """The files of this report, as its provenance lists them."""
    from .reporting.provenance import listed_files

    return listed_files(folder)


# ------------------------------------------------------------------------------------- input


def _whole(text: str, name: str = "seed") -> int:
    try:
        return int(text)
    except ValueError:
        raise ParameterError(f"--{name} {text} is no whole number; give one, such as 0.") from None


def _resolution(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return choose("resolution", text, ("auto", "a number"))


def _table(options: argparse.Namespace, speech: Tongue) -> IOTable:
    """The table, its industries called in the language where a classification has their names."""
    from .reporting.naming import indonesian_names, renamed_table

    table = _read(options)
    called = indonesian_names(table.industries) if speech.language == "id" else {}
    return renamed_table(table, called)


def _read(options: argparse.Namespace) -> IOTable:
    """The embedded table of that name, unless there is such a file; else the file."""
    from . import datasets
    from .tables.reading import read_table

    if options.table in datasets.names() and not Path(options.table).exists():
        return datasets.load(options.table)
    where = dict(_where(text) for text in options.read)
    try:
        return read_table(options.table, options.layout, options.sheet, **where)
    except KlasternetError as error:
        if "=" not in str(error):
            raise
        hint = "On the command line an argument such as drop= is --read drop=LABEL."
        raise type(error)(f"{error} {hint}") from error


def _where(text: str) -> tuple[str, Any]:
    """KEY=VALUE as an argument of `read_table`; ";" parts labels, ".." the ends of a range."""
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        raise ParameterError(f"--read {text} is not KEY=VALUE; write it like --read drop=Total.")
    if key == "year":
        return key, _whole(value)
    if key == "empty":
        return key, float(value)
    if ".." in value:
        first, _, last = value.partition("..")
        return key, (first.strip(), last.strip())
    labels = [label.strip() for label in value.split(";")]
    return key, labels if len(labels) > 1 else value


def _network(table: IOTable, options: argparse.Namespace) -> FlowNetwork:
    from .network import FlowNetwork
    from .ties import tie

    network = FlowNetwork.from_table(
        table,
        flows=options.flows,
        loops="keep" if options.loops else "aside",
        negatives=options.negatives,
    )
    return network if options.ties == "flow" else tie(network, options.ties)


def _detect(
    network: FlowNetwork, options: argparse.Namespace, resolution: float | str, seed: int
) -> Clusters:
    from .detectors.detection import detect

    return detect(
        network, measure=options.measure, resolution=resolution, null=options.null, seed=seed
    )


def _tested(clusters: Clusters, draws: int, seed: int) -> Significance | None:
    """The test against random economies, where it was asked for and is soon done."""
    from .evidence.chance import significance

    if draws == 0 or clusters.network.n > TESTED:
        return None
    return significance(clusters, draws=draws, seed=seed, n_jobs=-1)


@contextmanager
def _patience(speech: Tongue) -> Iterator[None]:
    """Say why it takes long, where it does because the kernels were never compiled here."""
    compiled = any((Path(__file__).parent / "kernels" / "__pycache__").glob("*.nbi"))
    message = speech.say("compiling, which is done once and takes some seconds ...")
    timer = threading.Timer(PATIENCE, _tell, (message,))
    if not compiled:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


# ------------------------------------------------------------------------------------ output


class _Voice:
    """Prints within 100 columns, or keeps quiet."""

    def __init__(self, quiet: bool, tongue: Tongue) -> None:
        self.quiet = quiet
        self.tongue = tongue

    def line(self, text: str = "") -> None:
        if self.quiet:
            return
        try:
            print(text.rstrip(), flush=True)
        except BrokenPipeError:  # the reader has seen enough; the files are still to be written
            self.quiet = True
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115

    def head(self, text: str) -> None:
        self.line()
        self.text(text, 0)

    def text(self, text: str, indent: int = 2, more: int | None = None) -> None:
        """Print wrapped text; lines after the first may stand further in."""
        later = " " * (indent if more is None else more)
        for line in textwrap.wrap(
            text,
            WIDTH,
            initial_indent=" " * indent,
            subsequent_indent=later,
            break_on_hyphens=False,
        ):
            self.line(line)


def _tell_table(say: _Voice, table: IOTable, audit: pd.DataFrame) -> None:
    from .tables.phrases import PHRASES, STATUS

    tongue = say.tongue
    year = str(table.year) if table.year is not None else ""
    name = table.name or tongue.say("Table")
    facts = [name, year if year not in name else "", tongue.unit(table.unit)]
    facts.append(tongue.count(table.n, "industry", "industries"))
    say.text(", ".join(fact for fact in facts if fact), 0)
    if table.source:
        say.text(tongue.say("source: {}", table.source))
    say.head(tongue.say("Audit: {}", words.audit_counts(audit, tongue)))
    called = PHRASES.get(tongue.language, {})
    for row in audit[audit["status"].isin(["warn", "fail"])].itertuples():
        status = STATUS[tongue.language][row.status]
        say.text(f"{status}: {called.get(row.check, row.check)}: {row.where}. {row.advice}", 2, 4)


def _tell_decisions(say: _Voice, network: FlowNetwork) -> None:
    head = "Set aside or changed" if network.decisions else "Nothing was set aside"
    say.head(say.tongue.say(head))
    for decision in network.decisions:
        say.text(words.decision(decision, say.tongue), 2, 4)


def _tell_clusters(say: _Voice, clusters: Clusters, readings: pd.DataFrame) -> None:
    tongue = say.tongue
    judged = tongue.say("not judged")
    if clusters.verdict:
        judged = tongue.say("verdict: {}", tongue.retell(clusters.verdict))
    say.head(f"{words.headline(clusters, tongue)}; {judged}")
    say.text(words.verdict(clusters, tongue))
    say.text(words.method(clusters, tongue))
    say.line()
    if len(readings):
        heads = ("internal flow", "inside", "to rest", "contrast", "verdict")
        say.line(_row("", "", *map(tongue.say, heads)))
    for row in readings.itertuples():
        say.line(
            _row(
                str(row.number),
                str(row.Index),
                tongue.money(row.internal_flow),
                tongue.times(row.gravity_ratio),
                tongue.times(row.gravity_ratio_rest),
                words.interval(row, tongue),
                tongue.retell(row.verdict),
            )
        )
        say.text(listed(clusters.members(row.number)), 5)
    if len(readings):
        unit = tongue.unit(clusters.network.unit)
        say.line()
        say.text(
            (tongue.say("internal flow: {}; ", unit) if unit else "")
            + tongue.say(
                "inside, to rest: times the flow that sizes predict, the rest being all that is "
                "outside the cluster; contrast: times denser inside than to the rest, with its "
                "interval; verdict: clear where even its lower end is {} or more, fair where it "
                "is above 1, else unsure.",
                tongue.form(words.CLEAR, "g"),
            )
        )
    if clusters.rest:
        number = tongue.count(len(clusters.rest), "industry", "industries")
        say.head(tongue.say("Rest of the economy: {}", number))
        say.text(listed(clusters.rest))


def _tell_claims(say: _Voice, clusters: Clusters, tested: Significance | None) -> None:
    tongue = say.tongue
    say.head(tongue.say("What can be claimed"))
    say.text(words.proof(clusters, tongue), 2, 4)
    if tested is not None:
        say.text(words.chance(tested, tongue), 2, 4)
    elif clusters.network.n > TESTED:
        most = tongue.form(TESTED, ",")
        say.text(tongue.say("Not tested against chance: more than {} industries.", most), 2, 4)


def _row(number: str, name: str, *cells: str) -> str:
    name = name if len(name) <= 37 else name[:34] + "..."
    flow, inside, rest, contrast, verdict = cells
    return f"{number:>3}  {name:<37} {flow:>13} {inside:>6} {rest:>7} {contrast:>15}  {verdict}"


def _tell(text: str) -> None:
    """Say something that is not a result, on the standard error."""
    print(textwrap.fill(f"klasternet: {text}", WIDTH, break_on_hyphens=False), file=sys.stderr)


@contextmanager
def _our_warnings() -> Iterator[None]:
    """Print our warnings as sentences; leave those of others as they are."""
    with warnings.catch_warnings():
        others = warnings.showwarning

        def show(message: Any, category: Any, *rest: Any) -> None:
            if issubclass(category, KlasternetWarning):
                _tell(f"warning: {message}")
            else:
                others(message, category, *rest)

        warnings.showwarning = show  # type: ignore[assignment]
        yield
