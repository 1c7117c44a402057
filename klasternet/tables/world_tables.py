"""Tables of the world databases (WIOD, OECD, EXIOBASE, EORA, GLORIA), brought here by pymrio.

pymrio knows where the databases are and how their files are laid out. Here are the names of those
files, so that what is in the folder is not downloaded again, and what a table is made with.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from ..errors import DataError, KlasternetError, ParameterError
from ..registry import choose
from .alignment import some
from .mrio import from_pymrio
from .table import IOTable

__all__ = ["fetch_table"]


@dataclass(frozen=True)
class World:
    """A database: the file of a year, and what pymrio calls its downloader and its parser."""

    title: str
    years: range
    file: str  # a pattern; with the year, its last two digits and the options
    download: str
    parse: Callable[[Any, Path, int, dict[str, Any]], Any]  # pymrio, file, year, options
    options: dict[str, Any] = field(default_factory=dict)  # handed to the downloader
    needed: tuple[str, ...] = ()  # options without a default

    def found(self, folder: Path, year: int, options: dict[str, Any]) -> Path | None:
        """The file of the year, if it is in the folder."""
        pattern = self.file.format(year=year, short=f"{year % 100:02d}", **options)
        return next(iter(sorted(folder.glob(pattern))), None)


WORLDS = {
    "wiod": World(
        "WIOD, release 2013",
        range(1995, 2012),
        "wiot{short}_*.xlsx",
        "download_wiod2013",
        lambda pymrio, file, year, how: pymrio.parse_wiod(file),
        {"satellite_urls": []},
    ),
    "oecd": World(
        "OECD inter-country tables",
        range(1995, 2021),
        "ICIO{version}_{year}.*",
        "download_oecd",
        lambda pymrio, file, year, how: pymrio.parse_oecd(file),
        {"version": 2023},
    ),
    "exiobase": World(
        "EXIOBASE 3",
        range(1995, 2100),
        "IOT_{year}_{system}.zip",
        "download_exiobase3",
        lambda pymrio, file, year, how: pymrio.parse_exiobase3(file),
        {"system": "ixi"},
    ),
    "eora": World(
        "Eora26",
        range(1990, 2017),
        "Eora26_{year}_{prices}.zip",
        "download_eora26",
        lambda pymrio, file, year, how: pymrio.parse_eora26(file.parent, year, how["prices"]),
        {"prices": "bp"},
        ("email", "password"),
    ),
    "gloria": World(
        "GLORIA",
        range(1990, 2100),
        "GLORIA_MRIOs_{version}_{year}*",
        "download_gloria",
        lambda pymrio, file, year, how: pymrio.parse_gloria(file.parent, year, how["version"]),
        {"version": 59},
    ),
}


def fetch_table(name: str, year: int, folder: str | Path, **options: Any) -> IOTable:
    """Download a world table with pymrio and make an IOTable of it.

    What is in the folder already is read from there, without asking the network. Files come to the
    folder when they are complete, and are kept.

    Parameters
    ----------
    name : {"wiod", "oecd", "exiobase", "eora", "gloria"}
    year : int
    folder : path
        Where files are kept; made if it is not there.
    **options
        Of pymrio's downloader. ``version=2021`` (oecd; else 2023), ``system="pxp"`` (exiobase; else
        "ixi"), ``doi=`` (exiobase), ``satellite_urls=`` (wiod; none by default), ``email=`` and
        ``password=`` (eora, which asks for an account).

    Returns
    -------
    IOTable
        Industries "REGION SECTOR", with `region` set, in the money of the source.

    Raises
    ------
    DataError
        A file that pymrio cannot parse.
    ParameterError
        A database, year or option that is not there; pymrio is not installed; GLORIA, which pymrio
        can no longer download: the message says where its files are.
    KlasternetError
        The network, or the server, cannot be reached or does not hand the file over.

    Notes
    -----
    These files are large: EXIOBASE has 7,987 industries of 49 regions (a matrix of 510 MB), GLORIA
    19,680. Each database has terms of use and a citation of its own.

    pymrio's log of downloads is not kept, as it has the password of an Eora account in it.

    Source: Stadler (2021), Journal of Open Research Software 9, doi:10.5334/jors.251.

    Examples
    --------
    >>> table = kn.fetch_table("oecd", 2018, "downloads")     # doctest: +SKIP
    >>> kn.fetch_table("exio", 2018, "downloads")
    Traceback (most recent call last):
    klasternet.errors.ParameterError: no world table called 'exio'...
    """
    world = WORLDS[choose("world table", name, WORLDS)]
    if isinstance(year, bool) or not isinstance(year, int) or year not in world.years:
        to = f"to {world.years[-1]}" if world.years[-1] < 2099 else "on"
        raise ParameterError(f"{world.title} has no year {year!r}; from {world.years[0]} {to}.")
    try:
        import pymrio
        from pymrio.tools.ioparser import ParserError
    except ImportError as error:
        raise ParameterError(
            f"{world.title} is downloaded and parsed by pymrio, which is not installed; "
            "pip install klasternet[mrio]."
        ) from error
    options = world.options | options
    if "version" in options:
        options["version"] = int(str(options["version"]).lstrip("v"))
    folder = Path(folder).expanduser()
    file = world.found(folder, year, options)
    if file is None:
        _download(pymrio, world, year, folder, options)
        file = world.found(folder, year, options)
    if file is None:
        raise ParameterError(
            f"there is no file of {year} at {world.title}. Try another year, or look at its site."
        )
    try:
        with warnings.catch_warnings():
            if not options.get("satellite_urls", True):  # pymrio warns of each that is not there
                warnings.filterwarnings("ignore", ".*xtension not included")
            system = world.parse(pymrio, file, year, options)
    except (BadZipFile, ParserError, OSError, ValueError, KeyError) as error:
        raise DataError(
            f"pymrio cannot parse {file.name} ({type(error).__name__}: {error}). If the file was "
            "put there by hand, is it whole? Delete it to have it downloaded anew."
        ) from error
    return from_pymrio(system, year=year, name=f"{world.title}, {year}")


def _download(pymrio: Any, world: World, year: int, folder: Path, options: dict[str, Any]) -> None:
    """Let pymrio download beside the folder's files, and move in what is complete."""
    from requests.exceptions import RequestException

    lacking = [name for name in world.needed if name not in options]
    if lacking:
        raise ParameterError(
            f"{world.title} needs an account: give {some(lacking)}. Or put the file "
            f"{world.file.format(year=year, short='', **options)} into {folder}."
        )
    years = "year" if world.download == "download_gloria" else "years"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as aside:
        try:
            getattr(pymrio, world.download)(aside, **{years: [year]}, **options)
        except NotImplementedError as error:
            raise ParameterError(
                f"pymrio cannot download {world.title}: {error}. Then call fetch_table with the "
                "folder that holds the files."
            ) from error
        except (RequestException, EOFError) as error:
            secret = options.get("password")  # which pymrio has in the addresses it asks for
            told = str(error).replace(secret, "...") if secret else str(error)
            raise KlasternetError(
                f"{world.title} could not be downloaded ({type(error).__name__}: {told}). Is this "
                f"machine online? Files that were had elsewhere can be put into {folder}."
            ) from (None if secret else error)
        except (TypeError, ValueError) as error:
            raise ParameterError(f"pymrio cannot download {world.title}: {error}.") from error
        for path in Path(aside).iterdir():
            if path.suffix != ".json":  # the log
                shutil.move(path, folder / path.name)
