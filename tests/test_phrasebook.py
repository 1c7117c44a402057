"""Both languages: every sentence that is said has its Indonesian, and numbers are written right."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import klasternet as kn
from klasternet import wording
from klasternet.headings import HEADINGS
from klasternet.phrasebook import ENGLISH, Tongue, tongue
from klasternet.sentences import RETOLD, SENTENCES

HOUSE = Path(kn.__file__).parent
SPEAKERS = [
    *(HOUSE / name for name in ("wording.py", "command.py", "phrasebook.py")),
    *sorted((HOUSE / "reporting").glob("*.py")),
    *sorted((HOUSE / "figures").glob("*.py")),
]
ID = Tongue("id")


def strings(path):
    """Every string in a file, and those that are handed to say() as they are."""
    every, said = set(), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            every.add(node.value)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("say", "count"):
            texts = node.args[:1] if node.func.attr == "say" else node.args[1:]
            said |= {a.value for a in texts if isinstance(a, ast.Constant)}
    return every, said


def test_every_sentence_is_in_the_book_and_no_other():
    pairs = [strings(path) for path in SPEAKERS]
    every, said = set().union(*(a for a, _ in pairs)), set().union(*(b for _, b in pairs))
    assert len(said) > 100
    assert said - set(SENTENCES) == set()
    assert set(SENTENCES) - every == set()  # nothing that nobody says


@pytest.mark.parametrize("book", [SENTENCES, RETOLD], ids=["said", "retold"])
def test_what_is_filled_in_is_filled_in_both(book):
    for text, told in book.items():
        assert text.count("{}") == told.count("{}"), text
        assert told.strip() and "  " not in told
        assert text[-1:] not in ".:;" or told[-1:] == text[-1:], text


def test_heads_stand_in_both_languages():
    assert all(len(pair) == 2 for pair in HEADINGS.values())
    assert ENGLISH.head("exports_share") == "share of exports"
    assert ID.head("exports_share") == "pangsa ekspor"
    assert ID.head("no_such_column") == "no such column"


def test_numbers_are_worded_plainly():
    assert [ENGLISH.times(x) for x in (0.123, 0.96, 4.25, 150.0, np.nan, np.inf)] == [
        *("0.12", "1.0", "4.2", "150", "–", "–")
    ]
    assert [ENGLISH.money(x) for x in (0.0, 0.01234, 1234.5, 1e15)] == [
        *("0", "0.01234", "1,234", "1e+15")
    ]
    assert [ENGLISH.share(x) for x in (0.254, 0.004, 0.0, 1e-9, np.nan)] == [
        *("25%", "0.4%", "0%", "1.0e-09", "–")
    ]
    assert [ENGLISH.plain(x) for x in (True, 12345, 0.5, np.nan, None, ("a", "b"), -np.inf)] == [
        *("yes", "12,345", "0.5", "–", "–", "a, b", "-∞")
    ]


def test_indonesian_separators():
    assert [ID.money(x) for x in (0.5, 1234567.0)] == ["0,5", "1.234.567"]
    assert ID.share(0.0812, 1) == "8,1%" and ID.times(3.25) == "3,2"
    assert (
        ID.plain(1234.5) == "1.234" and ID.count(1200, "industry", "industries") == "1.200 sektor"
    )
    assert ID.unit("million IDR") == "juta rupiah"


def test_what_was_made_elsewhere_is_retold():
    assert ID.retell("loops set aside") == "transaksi dalam sektor sendiri disisihkan"
    assert ID.retell("within 0.8 % of the best possible") == (
        "paling banyak 0,8 % di bawah yang terbaik"
    )
    assert ID.retell("Farms") == "Farms" and ENGLISH.retell("weak") == "weak"


def test_every_decision_has_its_indonesian():
    """What networks set aside, made here in every way there is."""
    names = ["a", "b", "c", "d"]
    W = np.array([[5.0, 3, 1, 0], [2, 0, -1, 0], [4, 2, 0, 0], [0, 0, 0, 0]])
    for policy in ("aside", "transpose"):
        network = kn.FlowNetwork.from_matrix(W, names, negatives=policy)
        chosen = network.select(["a", "b", "c"])
        bare = kn.backbone(kn.FlowNetwork.from_matrix(np.abs(W[:3, :3]), names[:3]), n_edges=2)
        for decision in (*chosen.decisions, *bare.decisions):
            assert ID.retell(decision.what) != decision.what, decision.what
            assert wording.decision(decision, ENGLISH) == str(decision)


def test_an_unknown_language_is_refused():
    with pytest.raises(kn.ParameterError, match="no language called 'fr'"):
        tongue("fr")
    assert tongue("ID").language == "id"
