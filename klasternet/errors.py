"""Exceptions and warnings. Every message says what is wrong, where, and what to do.

Most have two parents, so that code which catches ``ValueError`` goes on working.
"""

__all__ = [
    "AlignmentError",
    "ContractError",
    "ConvergenceError",
    "DataError",
    "KlasternetError",
    "KlasternetWarning",
    "ParameterError",
]


class KlasternetError(Exception):
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


class KlasternetWarning(UserWarning):
    """Something a careful user should know; the answer stands."""
