"""compare(): every method as detect alone finds it, and the picture of agreement."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas as pd
import pytest

import klasternet as kn

matplotlib.use("Agg")


@pytest.fixture(scope="module")
def economy():
    return kn.datasets.planted(24, 3, contrast=20, noise=0.4, rest=0.125, seed=0)


@pytest.fixture(scope="module")
def frame(economy):
    network, labels = economy
    methods = {
        "lift": "density",
        "lift at 1": {"method": "density", "resolution": 1.0},
        "spectral": "spectral",
        "given": kn.Clusters.from_labels(network, labels),
        "by place": np.arange(24) % 3,
    }
    return kn.compare(network, methods, labels, draws=9, seed=0)


def test_rows_are_what_each_method_finds(economy, frame):
    network, labels = economy
    alone = kn.detect(network, seed=0)
    assert frame.index.tolist() == ["lift", "lift at 1", "spectral", "given", "by place"]
    assert frame.loc["lift", "clusters"] == len(alone)
    assert frame.loc["lift", "inside"] == (alone.labels >= 0).sum()
    assert (frame["inside"] + frame["rest"] == 24).all()
    found = kn.agreement(alone, labels)
    assert frame.loc["lift", ["ari", "ami"]].tolist() == [found.ari, found.ami]
    assert frame.loc["given", "ari"] == 1 and frame.loc["by place", "ari"] < 0.3
    readings = kn.density(alone)
    amounts = ["industries", "internal_flow", "outward", "inward"]
    for name in readings.columns.drop(amounts):  # every reading has its column
        kind = readings[name].dtype == bool
        wanted = readings[name].mean() if kind else readings[name].median()
        assert frame.loc["lift", name] == pytest.approx(wanted, rel=1e-12)
    share = readings["internal_flow"].sum() / network.trade.sum()
    assert frame.loc["lift", "share_inside"] == pytest.approx(share)
    test = kn.significance(alone, 9, seed=0)
    assert frame.loc["lift", "pvalue"] == test.pvalue
    assert frame.loc["lift", "beyond_chance"] == (test.table["pvalue"] <= 0.05).mean()


def test_agreement_of_every_two(frame):
    square = pd.DataFrame(frame.attrs["agreement"])
    assert np.allclose(square, square.T) and np.allclose(np.diag(square), 1)
    assert square.loc["lift", "given"] == frame.loc["lift", "ari"]


def test_similarity_scores(economy):
    network, labels = economy
    same = (labels[:, None] == labels[None]) * 1.0
    similarity = pd.DataFrame(same, network.industries, network.industries)
    given = kn.Clusters.from_labels(network, labels)
    frame = kn.compare(network, {"given": given}, similarity=similarity, seed=0)
    found = kn.validation_scores(given, similarity)
    assert frame.loc["given", "validation"] == found.score
    for name, value in found.table.drop(columns="score").iloc[0].items():
        assert frame.loc["given", f"validation_{name}"] == value
    one = kn.compare(network, {"one": [0, 0, *range(1, 23)]}, similarity=similarity, seed=0)
    assert np.isnan(one.loc["one", "validation"])  # a single cluster of two has no other


def test_methods_that_refuse_are_told(economy):
    with pytest.warns(kn.KlasternetWarning, match="hoen gave no answer.*output"):
        frame = kn.compare(economy[0], ["hoen", "spectral"], economy[1], seed=0)
    assert "output" in frame.loc["hoen", "refused"]
    assert np.isnan(frame.loc["hoen", "ari"]) and frame.loc["spectral", "refused"] == ""
    assert list(frame.attrs["agreement"]) == ["spectral"]


def test_bad_methods(economy):
    with pytest.raises(kn.ParameterError, match="no methods"):
        kn.compare(economy[0], [])
    with pytest.raises(kn.ParameterError, match="two methods are called 'density'"):
        kn.compare(economy[0], ["density", {"method": "density", "resolution": 1}])
    with pytest.raises(kn.ParameterError, match="takes no 'colour'"):
        kn.compare(economy[0], [{"method": "density", "colour": 1}])


def test_picture_has_every_pair_once(frame):
    for width in ("1col", "2col"):
        ax = kn.draw_agreement(frame, width=width)
        said = {t.get_gid(): t.get_text() for t in ax.texts}
        square = pd.DataFrame(frame.attrs["agreement"]).to_numpy()
        numbers = {gid: text for gid, text in said.items() if gid.startswith("number:")}
        assert len(numbers) == 10
        for gid, text in numbers.items():
            i, j = map(int, gid[7:].split("-"))
            assert float(text) == pytest.approx(square[i, j], abs=0.0051)
        ax.figure.canvas.draw()
        page = ax.figure.get_window_extent()
        for text in ax.texts:
            box = text.get_window_extent()
            assert page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0
            assert box.y1 <= page.y1 + 1, text.get_text()


def test_picture_of_nothing(frame):
    with pytest.raises(kn.DataError, match="two answers"):
        kn.draw_agreement(pd.DataFrame([[1.0]], ["a"], ["a"]))
    many = pd.DataFrame(np.eye(60), [f"m{k}" for k in range(60)], [f"m{k}" for k in range(60)])
    with pytest.raises(kn.ParameterError, match="do not fit"):
        kn.draw_agreement(many)
