"""Hypothetical extraction against economies that are changed and solved anew."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import klasternet as kn
from klasternet.assessment.extraction import BLOCK, KINDS

# made economies may have an industry with jobs and next to no output
pytestmark = pytest.mark.filterwarnings("ignore:.*for a unit of output")

MILLER = kn.datasets.load("miller_blair")


def economy(seed, n=7):
    rng = np.random.default_rng(seed)
    Z = rng.gamma(0.5, 10, (n, n)) * (rng.random((n, n)) < 0.7)
    Z[0, -1] += 1.0  # something is traded
    x = np.maximum(Z.sum(axis=1), Z.sum(axis=0)) * rng.uniform(1.1, 2, n)
    names = [f"i{k}" for k in range(n)]
    return kn.IOTable(
        pd.DataFrame(Z, names, names),
        final_demand=pd.DataFrame({"Homes": x - Z.sum(axis=1)}, names),
        value_added=pd.DataFrame([x - Z.sum(axis=0)], ["Value added"], names),
        satellites=pd.DataFrame([rng.gamma(1, 5, n)], ["Jobs"], names),
        output=pd.Series(x, names),
    )


def without(table, at, kind, share):
    """Output of the changed economy, by its own inverse."""
    Z, x = table.flows.to_numpy(), table.output.to_numpy()
    n, keep = len(x), 1 - share
    final, primary = x - Z.sum(axis=1), x - Z.sum(axis=0)
    inside = np.isin(np.arange(n), at)
    factor = np.ones((n, n))
    if kind == "total":
        factor[inside, :] = factor[:, inside] = keep
        final = np.where(inside, keep * final, final)
    elif kind == "external":
        factor[inside[:, None] != inside] = keep
    elif kind == "internal":
        factor[np.ix_(inside, inside)] = keep
        np.fill_diagonal(factor, 1)
    elif kind == "backward":
        factor[:, inside] = keep
    else:
        factor[inside, :] = keep
        return primary @ np.linalg.inv(np.eye(n) - Z / x[:, None] * factor)
    return np.linalg.inv(np.eye(n) - Z / x * factor) @ final


def test_the_published_definitions_on_miller_and_blair():
    """Three definitions and two models, four numbers, all called hypothetical extraction."""
    published = {
        "total": [1210.526316, 2588.235294],
        "external": [798.761610, 798.761610],  # "total, diagonal kept"
        "backward": [413.157895, 805.882353],
        "forward": [728.947368, 452.941176],
        "internal": [0, 0],
    }
    for kind, loss in published.items():
        assert np.allclose(kn.extract(MILLER, kind=kind).loss, loss, atol=1e-6), kind
    assert set(published) == set(KINDS)


@given(
    seed=st.integers(0, 10**6),
    at=st.sets(st.integers(0, 6), min_size=1, max_size=6).map(sorted),
    kind=st.sampled_from(list(KINDS)),
    share=st.sampled_from([1.0, 0.5, 0.1]),
)
@settings(max_examples=60, deadline=None)
def test_against_the_changed_economy(seed, at, kind, share):
    table = economy(seed)
    x = table.output.to_numpy()
    result = kn.extract(table, [f"i{k}" for k in at], kind, share)
    lost = x - without(table, at, kind, share)
    assert np.allclose(result.losses.iloc[:, 0], lost, atol=1e-8 * x.sum())
    row = result.table.iloc[0]
    assert row["loss"] == pytest.approx(lost.sum(), abs=1e-8 * x.sum())
    assert row["loss_own"] + row["loss_others"] == pytest.approx(row["loss"])
    assert row["industries"] == len(at)
    jobs = table.satellites.loc["Jobs"].to_numpy()
    assert row["Jobs"] == pytest.approx(jobs / x @ lost, abs=1e-7 * jobs.sum())
    added = table.value_added.to_numpy()[0]
    assert row["value_added"] == pytest.approx(added / x @ lost, abs=1e-7 * x.sum())
    assert (lost > -1e-8 * x.sum()).all()  # old less new: elsewhere it is negative


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_order_of_the_kinds(seed):
    """What cuts more loses more."""
    table = economy(seed)
    members = ["i0", "i3", "i4"]
    loss = {kind: kn.extract(table, members, kind).loss.item() for kind in KINDS}
    assert loss["total"] >= max(loss["external"], loss["internal"], loss["backward"]) - 1e-9
    half = kn.extract(table, members, "total", 0.5).loss.item()
    assert 0 <= half <= loss["total"] + 1e-9
    assert kn.extract(table, members, "total", 0.0).loss.item() == pytest.approx(0, abs=1e-9)
    alone = kn.extract(table, {name: [name] for name in members})
    assert alone.loss.sum() >= loss["total"] - 1e-9  # losses overlap, they do not add up


def test_the_whole_economy_taken_out():
    table = economy(5)
    everything = kn.extract(table, list(table.industries))
    assert everything.loss.item() == pytest.approx(table.output.sum())
    assert everything.table["loss_share"].item() == pytest.approx(1)


def test_clusters_are_taken_out_whole():
    table = kn.datasets.load("germany_1995")
    network = kn.FlowNetwork.from_table(table)
    names = list(table.industries)
    goods, services = names[:3], names[3:5]
    labels = ["goods"] * 3 + ["services"] * 2 + [None]
    clusters = kn.Clusters.from_labels(network, labels)
    for kind in KINDS:
        result = kn.extract(table, clusters, kind)
        given = kn.extract(table, {"goods": goods, "services": services}, kind)
        assert list(result.table.index) == list(clusters.names)
        assert np.allclose(result.losses["goods"], given.losses["goods"])
        assert np.allclose(result.losses["services"], given.losses["services"])
    assert (kn.extract(table, clusters, "internal").loss > 0).all()
    text = str(kn.extract(table, clusters, "external", 0.5))
    assert "50% of them" in text and "goods" in text and "million EUR" in text


def test_many_at_once_is_one_at_a_time(shared):
    table = kn.read_table(shared / "wiod2013_2011")
    assert table.n > 2 * BLOCK
    for kind in ("total", "forward"):
        every = kn.extract(table, kind=kind)
        for name in ("AUS Mining", "IDN Food and beverages", "RoW Other services"):
            one = kn.extract(table, name, kind)
            assert one.loss.item() == pytest.approx(every.loss[name], rel=1e-9)
        assert every.by_region.shape == (41, 1435)
        assert np.allclose(every.by_region.sum(), every.loss)


def test_a_region_taken_out_spills_over(shared):
    table = kn.read_table(shared / "wiod2013_2011")
    region = table.region.to_numpy()
    at = np.flatnonzero(region == "DEU")
    result = kn.extract(table, {"Germany": list(table.industries[at])}, "external")
    oracle = table_without_idle(table)
    lost = oracle.output.to_numpy() - without(oracle, at, "external", 1.0)
    assert result.loss.item() == pytest.approx(lost.sum(), rel=1e-9)
    assert result.by_region.loc["CZE", "Germany"] > 0
    share = result.by_region["Germany"] / table.output.groupby(region).sum()
    assert share.drop("DEU").idxmax() in {"CZE", "AUT", "HUN", "LUX", "POL"}  # its neighbours


def table_without_idle(table):
    """Output of 1 where there is none, so that the oracle can divide by it."""
    return table.replace(output=table.output.where(table.output != 0, 1.0), final_demand=None)


def test_an_industry_without_output_loses_nothing():
    names = ["a", "b", "idle"]
    flows = pd.DataFrame([[1.0, 2, 0], [3, 1, 0], [0, 0, 0]], names, names)
    table = kn.IOTable(flows, output=pd.Series([10.0, 12, 0], names))
    for kind in KINDS:
        result = kn.extract(table, kind=kind)
        assert np.isfinite(result.losses.to_numpy()).all()
        assert result.loss["idle"] == pytest.approx(0, abs=1e-12)
        assert np.allclose(result.losses.loc["idle"], 0)


def test_bad_input():
    table = economy(0)
    with pytest.raises(kn.ParameterError, match=r"no kind of extraction called 'totl'.*'total'"):
        kn.extract(table, "i0", "totl")
    with pytest.raises(kn.ParameterError, match=r"share is 1.5"):
        kn.extract(table, "i0", share=1.5)
    with pytest.raises(kn.AlignmentError, match=r"'i99', which the table does not have"):
        kn.extract(table, ["i0", "i99"])
    with pytest.raises(kn.AlignmentError, match="'i0' more than once"):
        kn.extract(table, ["i0", "i0"])
    with pytest.raises(kn.ParameterError, match="the set 'mine' is empty"):
        kn.extract(table, {"mine": []})
    other = kn.Clusters.from_labels(kn.FlowNetwork.from_table(MILLER), [0, 1])
    with pytest.raises(kn.AlignmentError, match=r"'i0'.*the network was made from"):
        kn.extract(table, other)
    none = kn.Clusters.from_labels(kn.FlowNetwork.from_table(table), [-1] * 7)
    with pytest.raises(kn.ParameterError, match="no clusters to extract"):
        kn.extract(table, none)
