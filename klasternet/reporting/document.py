"""The page before it is Markdown or HTML: a row of blocks, as plain as what a planner reads.

Texts are plain: whoever writes them out escapes them, so that no name can do harm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pandas as pd

__all__ = ["Block", "Bullets", "Code", "Document", "Files", "Heading", "Picture", "Table", "Text"]


@dataclass(frozen=True)
class Heading:
    """Head of a chapter (level 2) or of a part of one (level 3)."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """A paragraph; the lead stands in bold type before it."""

    text: str
    lead: str = ""


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: Sequence[Text]


@dataclass(frozen=True)
class Code:
    """What is to be typed as it stands."""

    text: str


@dataclass(frozen=True, eq=False)
class Table:
    """A table: on the page and in LaTeX as it is `shown`, in CSV as the numbers are in `data`.

    `shown` has texts only; `numeric` tells for each of its columns whether they are numbers.
    Without a name it is on the page alone.
    """

    shown: pd.DataFrame
    numeric: Sequence[bool]
    caption: str
    name: str = ""
    data: pd.DataFrame | None = None
    left_out: str = ""  # said of rows that are not shown
    rows: int = 60  # shown on the page


@dataclass(frozen=True)
class Picture:
    """A figure: NAME.png on the page, NAME.pdf for print."""

    name: str
    alt: str
    caption: str
    narrow: bool = False


@dataclass(frozen=True)
class Files:
    """A list of files of the folder, each with what is in it."""

    items: Sequence[tuple[str, str]]


Block = Heading | Text | Bullets | Code | Table | Picture | Files


@dataclass
class Document:
    """A title, and blocks in the order in which they are read."""

    title: str
    language: str
    contents: str  # what the table of contents is called
    blocks: list[Block] = field(default_factory=list)

    def add(self, *blocks: Block) -> None:
        """Put blocks at the end."""
        self.blocks.extend(blocks)

    def tables(self) -> Iterator[Table]:
        """Those tables that have files of their own."""
        return (block for block in self.blocks if isinstance(block, Table) and block.name)
