"""Where a line may end: at spaces, between Chinese and Japanese characters, within long words.

Words are broken where Indonesian and English agree, since nobody says which language a name is
in: between two consonants that stand between vowels, and before endings such as -ment. Of the 249
places found so in the long words of published Indonesian and English sector names, 243 stand in
the dictionaries of Pyphen 0.18 (id, en_US, en_GB). Such a dictionary needs the language, and an
optional one would make figures differ between machines. A soft hyphen in a name (U+00AD) is a
place to break, and the only kind in its word.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

__all__ = ["SOFT", "parts", "pieces"]

SOFT = "\u00ad"
WIDE = re.compile("[\u3005-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]")
# Marks that begin no line, and such that end none.
CLOSING = frozenset("、。，．・：；？！）］｝〕〉》」』】〙〗ー々％")
OPENING = frozenset("（［｛〔〈《「『【〘〖")
LEAST = (3, 4)  # letters of a word before and after a hyphen that stands at no ending
# Letters that are one sound in Indonesian or English, or begin a syllable together.
SOUND = re.compile("ng|ny|sy|kh|ch|sh|th|ph|ck|gh|wh|qu|[bcdfgkpt][lr]|.")
ENDING = re.compile("(?:ing|ment|tion|sion)s?$")


@lru_cache(maxsize=10_000)
def pieces(text: str) -> tuple[tuple[str, str], ...]:
    """What no line end divides, with what stands before it: a space or nothing.

    "&" stays with the word before it, marks with the character that they close or open.
    """
    out: list[tuple[str, str]] = []
    for word in re.sub(" &(?= |$)", "\0&", text).split():
        glue = " "
        for part in _apart(word):
            out.append((part.replace("\0", " "), glue))
            glue = ""
    return tuple(out)


def _apart(word: str) -> list[str]:
    """Divide a word between wide characters, and after a slash or hyphen among letters."""
    ends = {k for k in range(1, len(word)) if _free(word[k - 1], word[k])}
    if len(word) > 2 and WIDE.match(word[-1]):
        ends.discard(len(word) - 1)  # no character stands alone
    ends |= {m.end() for m in re.finditer(r"[^\W\d_]{3}[/–-](?=[^\W\d_]{3})", word)}
    cuts = [0, *sorted(ends), len(word)]
    return [word[a:b] for a, b in pairwise(cuts)]


def _free(before: str, after: str) -> bool:
    """Whether a line may end between two characters."""
    if before in OPENING or after in CLOSING or after == "\0":
        return False
    return any(bool(WIDE.match(c)) or c in CLOSING | OPENING for c in (before, after))


@lru_cache(maxsize=10_000)
def parts(word: str) -> tuple[str, ...]:
    """Syllables of a word as far as they are certain; a hyphen may stand between any two."""
    if SOFT in word:
        return tuple(word.split(SOFT))
    ends: list[int] = []
    for found in re.finditer(r"[^\W\d_]+", word):
        ends += [found.start() + k for k in _breaks(found.group().lower())]
    return tuple(word[a:b] for a, b in pairwise([0, *ends, len(word)]))


def _breaks(word: str) -> list[int]:
    """Letters of a word after which it may be broken."""
    sounds = [m.span() for m in SOUND.finditer(word)]
    vowel = [word[a] in "aeiou" or (word[a] == "y" and a > 0 and b - a == 1) for a, b in sounds]
    at = [k for k, sung in enumerate(vowel) if sung]
    found = set()
    for a, b in pairwise(at):
        run = b - a - 1  # sounds between two vowels; the last goes with the second vowel
        if run > 1:
            joined = run > 2 and word[sounds[b - 2][0] : sounds[b - 1][0] + 1] == "st"
            found.add(sounds[b - 2 if joined else b - 1][0])  # con-struction
    found = {k for k in found if LEAST[0] <= k <= len(word) - LEAST[1]}
    if (ending := ENDING.search(word)) and ending.start() > LEAST[0]:
        k = ending.start()
        found = {j for j in found if j < k - 2}
        doubled = word[k - 1] == word[k - 2] and word[k - 1] not in "sl" and word[k] == "i"
        found.add(k - 1 if doubled else k)
    return sorted(found)
