"""What klasternet runs on here: versions, optional packages, processor. For reports of faults."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

__all__ = ["show_versions"]

DEVELOPING = {"test", "docs", "coverage", "benchmark"}  # extras that nobody needs for work
THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def show_versions() -> None:
    """Print what klasternet runs on: versions, optional packages, processor, threads.

    To be pasted into a report of a fault. Nothing is imported, and no path or name of the machine
    is told.

    Examples
    --------
    >>> show_versions()                                      # doctest: +ELLIPSIS
    klasternet: ...
    <BLANKLINE>
    Dependencies
      joblib ...
    """
    parts: dict[str, list[tuple[str, str]]] = {"Dependencies": [], "Optional": []}
    for name, extra in _required():
        if extra not in DEVELOPING:
            told = _version(name) + (f"  [{extra}]" if extra else "")
            parts["Optional" if extra else "Dependencies"].append((name, told))
    parts["Machine"] = list(_machine())
    print(f"klasternet: {_version('klasternet')}")
    wide = max(len(name) for rows in parts.values() for name, _ in rows)
    for head, rows in parts.items():
        print(f"\n{head}")
        for name, told in rows:
            print(f"  {name:<{wide}}  {told}")


def _required() -> Iterator[tuple[str, str]]:
    """Packages that klasternet asks for, each with the extra that it belongs to, if any."""
    for line in requires("klasternet") or []:
        name = re.match(r"[\w.-]+", line)
        extra = re.search(r"extra == ['\"](\w+)['\"]", line)
        if name:
            yield name.group(), extra.group(1) if extra else ""


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _machine() -> Iterator[tuple[str, str]]:
    yield "python", f"{platform.python_version()} ({platform.python_implementation()})"
    yield "system", f"{platform.system()} {platform.release()}, {platform.machine()}"
    yield "processor", _processor()
    yield "cores", f"{os.cpu_count()}, of which {_usable()} may be used"
    for name in THREADS:
        if name in os.environ:
            yield name, os.environ[name]
    compiled = any((Path(__file__).parent / "kernels" / "__pycache__").glob("*.nbi"))
    yield "kernels", "compiled" if compiled else "not compiled yet; the first run does it"


def _usable() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    """The processor's name, which Linux tells in a file and others in their own ways."""
    told = Path("/proc/cpuinfo")
    if sys.platform == "linux" and told.exists():
        text = told.read_text(encoding="utf-8", errors="replace")
        if found := re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE):
            return found.group(1).strip()
    return platform.processor() or platform.machine()
