"""Languages: what is said in English and in Indonesian, and how each writes numbers.

The code speaks English, and `Tongue.say` finds the sentence in the language that is asked for.
The sentences are in `sentences`, heads of columns in `headings`, those of the audit in
`tables.phrases`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from .errors import ParameterError
from .headings import ENDINGS, HEADINGS
from .registry import choose
from .sentences import RETOLD, SENTENCES

__all__ = ["ENGLISH", "LANGUAGES", "Tongue", "tongue"]

LANGUAGES = ("en", "id")
NONE = "–"  # no number


@dataclass(frozen=True)
class Tongue:
    """A language: what it says and how it writes numbers."""

    language: str = "en"

    def say(self, text: str, *fields: Any) -> str:
        """The sentence in this language, with its fields filled in."""
        if self.language != "en":
            text = SENTENCES[text]
        return text.format(*fields) if fields else text

    def retell(self, text: str) -> str:
        """A sentence that was made elsewhere, in this language where the book has it."""
        if self.language == "en":
            return text
        if text in RETOLD:
            return RETOLD[text]
        for pattern, said in _patterns():
            found = pattern.fullmatch(text)
            if found:
                return said.format(*map(self.swap, found.groups()))
        return text

    def head(self, name: Any) -> str:
        """The head of a column, in words."""
        text, at = str(name), LANGUAGES.index(self.language)
        if text in HEADINGS:
            return HEADINGS[text][at]
        stem, _, last = text.rpartition("_")
        if stem and last in ENDINGS:
            return ENDINGS[last][at].format(self.head(stem))
        return text.replace("_", " ")

    def unit(self, unit: str) -> str:
        """A unit such as "million USD"."""
        return " ".join(map(self.retell, unit.split(" ")))

    # ------------------------------------------------------------------------------ numbers

    def swap(self, text: str) -> str:
        """A number that is written in English, with the separators of this language."""
        return text.translate(SEPARATORS) if self.language == "id" else text

    def form(self, value: float, form: str) -> str:
        """A number by a format specification."""
        return self.swap(format(value, form))

    def count(self, number: int, one: str, many: str) -> str:
        """A number and its noun."""
        return f"{self.form(number, ',')} {self.say(one if number == 1 else many)}"

    def share(self, part: float, digits: int = 0) -> str:
        """A share in per cent."""
        if not np.isfinite(part):
            return NONE
        least = 0.5 * 10.0 ** (-2 - digits)
        if 0 < abs(part) < least:
            return self.share(part, digits + 1) if digits < 2 else self.form(part, ".1e")
        return self.form(part, f".{digits}%")

    def money(self, amount: float) -> str:
        """An amount with as many digits as it deserves."""
        if not np.isfinite(amount):
            return NONE
        whole = 1e3 <= abs(amount) < 1e13 or amount == 0
        return self.form(amount, ",.0f" if whole else ".4g")

    def times(self, ratio: float) -> str:
        """A ratio to two digits, a dash where there is none."""
        if not np.isfinite(ratio):
            return NONE
        form = ",.0f" if ratio >= 99.5 else ".1f" if ratio >= 0.95 else ".2f"
        return self.form(ratio, form)

    def plain(self, value: Any) -> str:
        """A cell of a table."""
        if isinstance(value, bool | np.bool_):
            return self.say("yes" if value else "no")
        if isinstance(value, int | np.integer):
            return self.form(int(value), ",")
        if isinstance(value, float | np.floating):
            return self._decimal(float(value))
        if value is None:
            return NONE
        if isinstance(value, tuple | list | set | frozenset):
            texts = sorted(map(str, value)) if isinstance(value, set | frozenset) else value
            return listed(texts)
        return self.retell(str(value))

    def _decimal(self, value: float) -> str:
        if not np.isfinite(value):
            return NONE if np.isnan(value) else "∞" if value > 0 else "-∞"
        if 1e3 <= abs(value) < 1e13:
            return self.form(value, ",.0f")
        return self.form(value, ".4g" if abs(value) >= 100 else ".3g")


ENGLISH = Tongue()
SEPARATORS = str.maketrans(",.", ".,")


def listed(names: Iterable[Any]) -> str:
    """Names in a row; parted by semicolons where commas are in the names."""
    texts = [str(name) for name in names]
    return ("; " if any("," in text for text in texts) else ", ").join(texts)


def tongue(language: str) -> Tongue:
    """The language of that name."""
    if not isinstance(language, str):
        raise ParameterError(f"language is {language!r}; give one of {', '.join(LANGUAGES)}.")
    return Tongue(choose("language", language, LANGUAGES))


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Sentences made elsewhere that have something filled in, as patterns."""
    return [
        (re.compile("(.+?)".join(map(re.escape, text.split("{}")))), said)
        for text, said in RETOLD.items()
        if "{}" in text
    ]
