"""Bytes of a file, read and unpacked within bounds, so that a small file cannot fill the memory.

A few megabytes may unpack to terabytes, repeat one cell a billion times, or name entities that
grow. What is read cell by cell is counted before, and refused where it could not be a table that
fits: two gigabytes and a minute are never needed. Nothing is unpacked to a disk.
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from pathlib import Path

from ..errors import DataError
from .alignment import told

__all__ = ["CELLS", "LARGEST", "content_of", "scan_workbook", "too_large"]

LARGEST = 2**28  # bytes of a file, packed or unpacked
CELLS = 2**23  # cells that are read one by one, 2,896 squared
TAGS = 10**7  # in a part of a workbook: 2.5 million cells
TAGS_OF_STYLES = 10**6  # they take ten times as long
_FORMULA = re.compile(rb"<(\w+:)?f[\s/>]")
_ENCODING = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([^"']*)""")


def content_of(path: Path) -> bytes:
    """The bytes of a file, unpacked where it is called .gz.

    Raises
    ------
    DataError
        It cannot be read, is no sound gzip file, holds too much or nothing.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise DataError(too_large(path))
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); check the file.") from error
    if path.suffix.lower() == ".gz" and content:
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as unpacked:
                content = unpacked.read(LARGEST + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(
                f"{path} is not a sound gzip file ({told(error)}); copy or download it again."
            ) from error
        if len(content) > LARGEST:
            raise DataError(too_large(path))
    if not content.strip():
        raise DataError(f"{path} is empty; check that it was written or downloaded in full.")
    return content


def too_large(path: Path, what: str = "") -> str:
    """Say that a file holds more than is read, and what else can be done."""
    return (
        f"{path} holds {what or f'more than {LARGEST >> 20} MB once unpacked'}, more than is read "
        "cell by cell; read it with pandas and pass the frame, or save it as .parquet."
    )


def scan_workbook(content: bytes, path: Path) -> bool:
    """Whether a workbook holds formulas; raises where its parts hold more than is read.

    Raises
    ------
    DataError
        Parts too large or with too many tags, in another encoding than UTF-8, or with a document
        type, which no workbook has and by which entities grow or lead to other files.
    """
    formulas = False
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > LARGEST:
            raise DataError(too_large(path))
        for part in parts:
            xml = archive.read(part)  # no more than the size that was stated
            most = TAGS_OF_STYLES if b"styleSheet" in xml else TAGS
            if xml.count(b"<") > most:
                raise DataError(too_large(path, f"more than {most:,} tags in {part.filename}"))
            encoding = _ENCODING.match(xml[:200].removeprefix(b"\xef\xbb\xbf").lstrip())
            plain = encoding is None or encoding.group(1).lower() in (b"utf-8", b"us-ascii")
            if part.filename.lower().endswith((".xml", ".rels")):
                plain = plain and b"\0" not in xml[:200]  # as UTF-16 has
            if b"<!DOCTYPE" in xml or not plain:
                raise DataError(
                    f"{path} is not a sound Excel workbook ({part.filename} has a document type or "
                    "is not written in UTF-8); open it and save it again as .xlsx."
                )
            formulas = formulas or _FORMULA.search(xml) is not None
    return formulas
