"""The specification curve: every universe once, in order, with the choices that made it."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas as pd
import pytest

import klasternet as kn

matplotlib.use("Agg")


@pytest.fixture
def universes():
    rows = [(a, b) for a in ("x", "y") for b in ("p", "q", "r")]
    frame = pd.DataFrame(rows, columns=["first", "second"])
    frame["clusters"], frame["inside"], frame["resolution"] = 2, 5, 1.0
    frame["verdict"] = ["clusters", "weak clusters", "no clusters", "clusters", "", ""]
    frame["ari"] = frame["ami"] = [1.0, 0.2, -0.1, 0.8, np.nan, 0.5]
    frame["refused"], frame["seconds"] = ["", "", "", "", "no imports", ""], 0.1
    return frame.rename_axis("universe")


def parts(ax):
    return {part.get_gid(): part for part in ax.child_axes}


def test_universes_stand_in_order_of_agreement(universes):
    ax = kn.draw_multiverse(universes)
    dots = {line.get_gid(): line for line in parts(ax)["curve"].lines}
    order = [0, 3, 5, 1, 2]
    for place, universe in enumerate(order):
        dot = dots[f"universe:{universe}"]
        assert dot.get_xdata()[0] == place
        assert dot.get_ydata()[0] == universes["ari"][universe]
    assert "universe:4" not in dots
    sizes = [dots[f"universe:{u}"].get_markersize() for u in order]
    assert sizes[0] == max(sizes) > sizes[1]  # the reference
    fills = [dots[f"universe:{u}"].get_markerfacecolor() for u in (0, 1, 2)]
    assert len(set(fills)) == 3 and fills[2] == "#FFFFFF"


def test_strokes_are_the_options_taken(universes):
    ax = kn.draw_multiverse(universes, width="1col")
    strokes = {c.get_gid(): c for c in parts(ax)["choices"].collections}
    taken = {gid: [s[0][0] for s in c.get_segments()] for gid, c in strokes.items()}
    order = universes.loc[[0, 3, 5, 1, 2]]
    options = [("first", "x"), ("first", "y"), ("second", "p"), ("second", "q"), ("second", "r")]
    for number, (choice, option) in enumerate(options):
        assert taken[f"in:{number}"] == np.flatnonzero(order[choice] == option).tolist()
    texts = {t.get_gid(): t.get_text() for t in ax.texts}
    assert texts["mean:0"] == "mean 0.37" and texts["mean:1"] == "0.65"
    assert texts["choice:second"] == "second" and texts["option:4"] == "r"
    assert "1 more" in texts["count"] or texts["count"].endswith("…")


def test_text_stays_on_the_page(universes):
    for width in ("1col", "2col"):
        ax = kn.draw_multiverse(universes, width=width)
        page = ax.figure.get_window_extent()
        ax.figure.canvas.draw()
        for text in ax.texts:
            box = text.get_window_extent()
            assert page.x0 <= box.x0 and box.x1 <= page.x1, text.get_text()


def test_frames_that_are_none(universes):
    with pytest.raises(kn.DataError, match="'ari'"):
        kn.draw_multiverse(universes.drop(columns="ari"))
    with pytest.raises(kn.DataError, match="no universe has an answer"):
        kn.draw_multiverse(universes.assign(ari=np.nan))
