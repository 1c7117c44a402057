"""Both languages: every sentence that is said has its Indonesian, and numbers are written right."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.text import Text

import klasternet as kn
from klasternet import wording
from klasternet.figures.speech import spoken
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


# ------------------------------------------------------------------------------------- figures


def figures():
    """Every figure that has words of its own, of small economies: a name and how to draw it."""
    table = kn.datasets.load("germany_1995")
    network = kn.FlowNetwork.from_table(table)
    clusters = kn.Clusters.from_labels(network, [0, 1, 1, 2, 2, -1])
    later = kn.Clusters.from_labels(network, [0, 1, 1, 2, -1, -1])
    planted, _ = kn.datasets.planted(30, 3, contrast=6, seed=1)
    found = kn.detect(planted, seed=0)
    test = kn.significance(found, draws=19, seed=0)
    jobs = pd.DataFrame({"fish": [90, 10], "shops": [110, 290]}, ["coast", "city"])
    lq = kn.location_quotients(jobs).assign(growth=0.0134)
    shapes = pd.Series([Square(0), Square(1)], ["coast", "city"])
    universes = kn.multiverse(
        table, {"loops": ["aside", "keep"]}, measure="flow", resolution=1, seed=0
    )
    card = kn.scorecard(clusters, table=table, draws=10, seed=0)
    return {
        "matrix": lambda: kn.draw_matrix(clusters),
        "network": lambda: kn.draw_network(clusters, width="1col", seed=0),
        "flows": lambda: kn.draw_cluster_flows(clusters, imports=table.imports),
        "evolution": lambda: kn.draw_evolution(kn.evolve([clusters, later], [2000, 2005])),
        "resolution": lambda: kn.draw_resolution(kn.profile_resolution(planted, seed=0)),
        "null": lambda: kn.draw_null(test),
        "null by cluster": lambda: kn.draw_null(test, of="clusters"),
        "scorecard": lambda: kn.draw_scorecard(card),
        "radars": lambda: kn.draw_scorecard(
            card.to_frame(spoken().language).fillna(0.25), kind="radars", scale=(0, 1)
        ),
        "quotients": lambda: kn.draw_location_quotients(lq, "coast"),
        "map": lambda: kn.draw_map(shapes, pd.Series({"coast": 1.4})),
        "agreement": lambda: kn.draw_agreement(pd.DataFrame([[1, 0.25], [0.25, 1]])),
        "multiverse": lambda: kn.draw_multiverse(universes),
    }


class Square:
    def __init__(self, x):
        ring = [(x, 0), (x + 1, 0), (x + 1, 1), (x, 1), (x, 0)]
        self.__geo_interface__ = {"type": "Polygon", "coordinates": [ring]}


def words_in(ax):
    """All that is written, line by line and as it will be printed."""
    figure = ax.get_figure(root=True)
    figure.draw_without_rendering()
    texts = [text.get_text() for text in figure.findobj(Text) if text.get_visible()]
    pyplot.close(figure)
    return [text for text in texts if text]


@pytest.fixture(scope="module")
def spoken_figures():
    mpl.use("Agg")
    drawn = {}
    for name, draw in figures().items():
        english = words_in(draw())
        with kn.style(language="id"):
            indonesian = words_in(draw())
        drawn[name] = english, indonesian
    return drawn


def test_figures_speak_the_language_asked_for(spoken_figures):
    industries = set(kn.datasets.load("germany_1995").industries)  # one of them is Trade
    foreign = {text for text, said in SENTENCES.items() if text != said} - industries
    for name, (english, indonesian) in spoken_figures.items():
        assert english != indonesian, name
        assert not foreign & set(indonesian), name
        every = " ".join(indonesian)
        for text in ("clusters", "industries", "economy", "random", "industry", " of ", " the "):
            assert text not in every, (name, text, every)


def test_figures_write_numbers_as_the_language_does(spoken_figures):
    for name, (english, indonesian) in spoken_figures.items():
        numbers = [text for text in english if re.fullmatch(r"[−-]?[\d,]*\d(\.\d+)?%?", text)]
        lacking = set(map(ID.swap, numbers)) - set(indonesian)
        assert not lacking, (name, lacking)
    every = [text for _, texts in spoken_figures.values() for text in texts]
    assert "0,25" in every and any("Garis pertumbuhan pada 0." in text for text in every)
    assert any(re.fullmatch(r"\d{1,3}(\.\d{3})+", text) for text in every)


def test_a_caption_is_in_the_language_of_its_figure():
    network = kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"))
    clusters = kn.Clusters.from_labels(network, [0, 1, 1, 2, 2, -1])
    with kn.style(language="id"):
        ax = kn.draw_network(clusters, width="1col", seed=0)
    assert kn.caption(ax).startswith("Sebanyak 10 panah yang digambar (dari 30 transaksi)")
    assert "output (juta EUR)" in kn.caption(ax)
    pyplot.close("all")


def test_a_language_of_figures_is_chosen_and_kept():
    with kn.style("elsevier", language="id"), kn.style("screen"):
        assert spoken() == ID
    assert spoken() == ENGLISH
    with pytest.raises(kn.ParameterError, match="no language called 'fr'"), kn.style(language="fr"):
        pass


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_report_draws_in_its_language(language, tmp_path, monkeypatch):
    from klasternet.figures import offscreen

    heard = []

    def draw(function, *given, paths, **how):
        heard.append(spoken().language)
        raise kn.DataError("not drawn here")

    monkeypatch.setattr(offscreen, "draw_to_files", draw)
    table = kn.datasets.load("germany_1995")
    clusters = kn.Clusters.from_labels(kn.FlowNetwork.from_table(table), [0, 1, 1, 2, 2, -1])
    kn.report(clusters, [table], tmp_path / language, language=language)
    assert heard and set(heard) == {language}
