"""Exceptions and warnings. Every message says what is wrong, where, and what to do.

Most have two parents, so that code which catches ``ValueError`` goes on working.
"""

import re
from typing import Any

__all__ = [
    "AlignmentError",
    "ContractError",
    "ConvergenceError",
    "DataError",
    "KlasternetError",
    "KlasternetWarning",
    "ParameterError",
]


# A NumPy scalar as it prints itself: a name or number taken out of an array or an index.
_SCALAR = re.compile(
    r"""\bnp\.(?:u?int|float|longdouble|complex|str)\w*
    \( ( '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | [^()'"]* ) \)""",
    re.VERBOSE,
)
_TRUTH = re.compile(r"\bnp\.(True|False)_")


def plain(text: str) -> str:
    """Text in which values stand as Python prints them.

    Examples
    --------
    >>> plain("np.int64(1101) buys nothing")
    '1101 buys nothing'
    """
    return _TRUTH.sub(r"\1", _SCALAR.sub(r"\1", text)) if "np." in text else text


class _Told(Exception):
    """A message that names industries as users know them, whatever array the name came out of."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*(plain(part) if isinstance(part, str) else part for part in args))


class KlasternetError(_Told):
    """Root of every error that klasternet raises on purpose."""


class DataError(KlasternetError, ValueError):
    """A table or network that cannot be right."""


class AlignmentError(DataError):
    """Two tables that do not name the same things."""


class ParameterError(KlasternetError, ValueError):
    """An unknown name, or a value out of range."""


class ContractError(KlasternetError, TypeError):
    """A third party's piece returned the wrong thing."""


class ConvergenceError(KlasternetError, RuntimeError):
    """An iteration that cannot reach, or did not reach, its tolerance."""


class KlasternetWarning(_Told, UserWarning):
    """Something a careful user should know; the answer stands."""
