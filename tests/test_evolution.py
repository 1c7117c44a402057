"""evolve(): stories made by hand, laws of identity, and a memory that keeps quiet years quiet."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import klasternet as kn
from klasternet.evidence import tracking
from klasternet.labelling import membership

NAMES = [f"i{k:02}" for k in range(12)]


def economy(output=None):
    rng = np.random.default_rng(0)
    columns = {} if output is None else {"output": output}
    return kn.FlowNetwork.from_matrix(rng.random((12, 12)), NAMES, columns=columns)


def stage(text, output=None):
    """Clusters written as one letter for each industry, "." for the rest."""
    labels = [None if letter == "." else letter for letter in text.ljust(12, ".")]
    return kn.Clusters.from_labels(economy(output), labels)


def story(*texts, output=None, **how):
    return kn.evolve([stage(text, output) for text in texts], **how)


def told(evolution):
    events = evolution.events[evolution.events["event"] != "continuation"]
    return list(zip(events["time"], events["event"], strict=True))


@pytest.mark.parametrize(
    ("texts", "events"),
    [
        (["aaaabbbb....", "aaaabbbb...."], []),
        (["aaaabbbb....", "bbbbaaaa...."], []),  # letters mean nothing
        (["aaaa........", "aaaabbbb...."], [(1, "birth")]),
        (["aaaabbbb....", "aaaa........"], [(1, "death")]),
        (["aaaabbb.....", "aaaaaaa....."], [(1, "merge")]),
        (["aaaaaaa.....", "aaaabbb....."], [(1, "split")]),
        (["aaaabbbb....", "aaaa........", "aaaabbbb...."], []),  # away for a time
        (["aaaa........", "aaaabbbb....", "aaaa........"], []),  # there for a time
        (
            ["aaaa........", "aaaabbbb....", "aaaabbbb....", "aaaa........"],
            [(1, "birth"), (3, "death")],
        ),
    ],
)
def test_stories_by_hand(texts, events):
    assert told(story(*texts, output=np.ones(12))) == events


def test_patience_is_how_long_a_cluster_may_be_away():
    texts = ["aaaabbbb....", "aaaa........", "aaaa........", "aaaabbbb...."]
    assert told(story(*texts, output=np.ones(12))) == [(1, "death"), (3, "birth")]
    assert told(story(*texts, output=np.ones(12), patience=2)) == []
    brief = ["aaaa........", "aaaabbbb....", "aaaa........"]
    assert told(story(*brief, output=np.ones(12), patience=0)) == [(1, "birth"), (2, "death")]
    assert story(*brief, output=np.ones(12)).table["began"].tolist() == ["at the start", "passing"]


def test_who_merges_with_whom():
    evolution = story("aaaabbb.....", "aaaaaaa.....", output=np.ones(12))
    merge = evolution.events.set_index("event").loc["merge"]
    assert merge["share"] == 1.0 and merge["industries"] == tuple(NAMES[4:7])
    assert merge["other"] == evolution.labels.loc["i00", 1]
    assert evolution.table.loc[merge["cluster"], "ended"] == f"merge into {merge['other']}"


def test_output_decides_which_part_carries_the_name_on():
    output = np.ones(12)
    output[6] = 50.0
    for sizes, heir in ((np.ones(12), "i00"), (output, "i06")):
        evolution = story("aaaaaaa.....", "aaaaabb.....", output=sizes)
        assert evolution.labels.loc[heir, 0] == evolution.labels.loc[heir, 1]
        assert evolution.weights == "output"
    assert story("aa..........", "aa..........").weights == "trade"


def matrix(labels):
    return membership(labels, int(labels.max(initial=-1)) + 1)


def identities(years, *how):
    """Identity of each industry at each time."""
    carried = tracking.identities([matrix(year) for year in years], *how)
    return np.array([np.append(own, -1)[y] for own, y in zip(carried, years, strict=True)])


def test_identities_are_handed_on_for_the_best_total():
    # b shares most with the new x, but then a would have nobody
    before = np.array([0] * 4 + [1] * 6 + [-1] * 2)
    after = np.array([0] * 10 + [1] * 2)
    after[7:10] = 1
    kept = identities(np.array([before, after]), np.ones((2, 12)), 0.1, 1, 0.5)
    fit = tracking.jaccard(matrix(before), matrix(after), np.ones(12))
    totals = fit[0, 0] + fit[1, 1], fit[0, 1] + fit[1, 0]
    assert totals[0] > totals[1]
    assert kept[1, 0] == kept[0, 0] and kept[1, -1] == kept[0, 4]


labels = st.lists(
    st.lists(st.integers(-1, 3), min_size=12, max_size=12), min_size=2, max_size=5
).map(np.array)


@settings(max_examples=60, deadline=None)
@given(labels, st.permutations(range(4)))
def test_laws(years, order):
    weights = np.full(years.shape, 1 / 12)
    years = np.array([pd.factorize(np.where(y < 0, None, y))[0] for y in years])
    kept = identities(years, weights, 0.3, 1, 0.5)
    assert ((kept < 0) == (years < 0)).all()
    for row, found in zip(kept, years, strict=True):  # one identity for each cluster
        inside = found >= 0
        pairs = len(np.unique(np.column_stack([row, found])[inside], axis=0))
        assert pairs == len(np.unique(found[inside])) == len(np.unique(row[inside]))
    renamed = np.where(years < 0, None, np.array(order)[years])
    renamed = np.array([pd.factorize(y, sort=True)[0] for y in renamed])
    others = identities(renamed, weights, 0.3, 1, 0.5)
    for a, b in pairwise(kept):  # who is continued is alike enough
        for i in set(a[a >= 0]) & set(b[b >= 0]):
            both, either = ((a == i) & (b == i)).sum(), ((a == i) | (b == i)).sum()
            assert both / either >= 0.3 - 1e-12
    assert ((others < 0) == (kept < 0)).all()


def test_flows_and_moves_add_up():
    evolution = story("aaaabbbb....", "aaabbbb...cc", "aaabbbbbcccc")
    flows = evolution.flows
    for side in ("share", "share_next"):
        np.testing.assert_allclose(flows.groupby("time")[side].sum(), 1.0)
    assert (flows.groupby("time")["industries"].sum() == 12).all()
    into = flows[flows["time"] == 0].groupby("target")["share_next"].sum()
    out = flows[flows["time"] == 1].groupby("source")["share"].sum()
    pd.testing.assert_series_equal(into.sort_index(), out.sort_index(), check_names=False)
    changed = (evolution.labels[0] != evolution.labels[1]).sum()
    assert (evolution.moves["time"] == 1).sum() == changed
    assert [c.names for c in evolution.clusters[:2]] == [
        tuple(dict.fromkeys(evolution.labels[t].iloc[np.argsort(c.labels, kind="stable")]
                            [np.sort(c.labels) >= 0]))
        for t, c in enumerate(evolution.clusters[:2])
    ]  # fmt: skip


def shared_stage(shares, output=None):
    """Clusters of a few shares: industry to (share in a, in b, in c); 0 to 3 are a, 4 to 7 b."""
    S = pd.DataFrame(0.0, NAMES, list("abc"))
    S.iloc[:4, 0] = S.iloc[4:8, 1] = 1.0
    for i, row in shares.items():
        S.iloc[i] = row
    return kn.Clusters.from_labels(economy(output), S)


@pytest.mark.filterwarnings("ignore:no industry has the largest part")
def test_bands_go_by_shares():
    """By hand: what can stays, and what a and b lose of i3 goes to c, which is new."""
    output = np.arange(1.0, 13.0)
    first = shared_stage({3: (0.6, 0.4, 0.0), 9: (0, 0, 0.3)}, output)
    last = shared_stage({3: (0.2, 0.3, 0.5), 9: (0, 0, 1.0), 8: (0, 0, 1.0)}, output)
    evolution = kn.evolve([first, last], least=0.1)
    then, now = evolution.clusters
    a, b, c = (found.names[found.labels[i]] for found, i in ((then, 0), (then, 5), (now, 9)))
    flows = evolution.flows.set_index(["source", "target"])["share"] * output.sum()
    whole = {  # i3 has an output of 4, i8 of 9, i9 of 10
        (a, a): 1 + 2 + 3 + 0.2 * 4, (b, b): 5 + 6 + 7 + 8 + 0.3 * 4, (c, c): 0.3 * 10,
        (a, c): 0.4 * 4, (b, c): 0.1 * 4, ("rest", c): 9 + 0.7 * 10, ("rest", "rest"): 11 + 12,
    }  # fmt: skip
    assert flows.to_dict() == pytest.approx(whole)
    table = evolution.table
    assert table.loc[a, "share_first"] * output.sum() == pytest.approx(6 + 0.6 * 4)
    assert table.loc[c, "share_last"] * output.sum() == pytest.approx(0.5 * 4 + 9 + 10)
    # the smaller share counts in both, the larger in either
    assert table.loc[a, "steady"] == pytest.approx((6 + 0.2 * 4) / (6 + 0.6 * 4))


@pytest.mark.filterwarnings("ignore:no industry has the largest part")
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_shares_add_up_over_the_years(seed):
    rng = np.random.default_rng(seed)
    stages = []
    for _ in range(3):
        S = rng.dirichlet(np.ones(4), 12)[:, :3] * (rng.random((12, 3)) < 0.7)
        stages.append(kn.Clusters.from_labels(economy(), pd.DataFrame(S, NAMES, list("abc"))))
    evolution = kn.evolve(stages)  # also of clusters that nobody is mainly in
    weights = [c.network.out_strength + c.network.in_strength for c in stages]
    for t, (side, when) in enumerate([("share", 0), ("share", 1), ("share_next", 1)]):
        c, part = stages[t], evolution.flows[evolution.flows["time"] == when]
        end = "source" if side == "share" else "target"
        found = part.groupby(end)[side].sum()
        sizes = pd.Series(c.membership.T @ weights[t], evolution.clusters[t].names)
        sizes["rest"] = c.rest_share @ weights[t]
        for name, size in (sizes / weights[t].sum()).items():
            assert found.get(name, 0.0) == pytest.approx(size, abs=1e-12)
    still = kn.evolve([stages[0], stages[0]])
    assert (still.flows["source"] == still.flows["target"]).all()
    assert set(still.table["steady"].round(12)) <= {1.0} and not len(told(still))


def test_stages_meet_by_name():
    plain = stage("aaaabbbb....")
    turned = kn.Clusters.from_labels(
        plain.network.select(NAMES[::-1]), pd.Series(plain.labels, NAMES)
    )
    evolution = kn.evolve([plain, turned], [1990, 2000])
    assert not len(evolution.moves) and not told(evolution)
    assert evolution.clusters[1].names[0] in evolution.table.index


def test_prints():
    text = str(story("aaaabbbb....", "aaaa........", output=np.ones(12), times=["then", "now"]))
    assert "=." in text and "dissolved" in text and "of output" in text
    assert "1.00" in text and "NaN" not in text
    quiet = story("aaaa........", "aaaa........")
    assert "no cluster was born" in str(quiet) and "1 of them all along" in repr(quiet)
    assert str(story("............", "............"))


# ------------------------------------------------------------------------------- the search


@cache
def noisy_years(count=5, shaky=0.25, seed=4):
    rng = np.random.default_rng(seed)
    label = np.repeat([0, 1, 2, 3, -1], [7, 7, 6, 6, 10])
    size = rng.normal(0, 1, 36)
    inside = (label[:, None] == label) & (label >= 0)
    lasting = size[:, None] + size + np.log(4) * inside + rng.normal(0, 0.8, (36, 36))
    return [
        kn.FlowNetwork.from_matrix(np.exp(lasting + rng.normal(0, shaky, (36, 36))))
        for _ in range(count)
    ]


def test_memory_keeps_quiet_years_quiet():
    """Nothing happens in these years: industries stay, and hardly an event is told."""
    alone, moves, events = 0, 0, 0
    for seed in (4, 5, 6):
        networks = noisy_years(seed=seed)
        alone += len(kn.evolve([kn.detect(network, seed=0) for network in networks]).moves)
        evolution = kn.evolve(networks, seed=0)
        moves += len(evolution.moves)
        events += len(told(evolution))
        assert {c.resolution for c in evolution.clusters} == {evolution.resolution}
        assert "held" in repr(evolution) or "held" in str(evolution)
    assert moves <= alone / 2 and events <= 2


def test_the_same_year_again_has_no_story():
    network = noisy_years()[0]
    evolution = kn.evolve([network] * 3, [1, 2, 3], seed=0)
    assert not told(evolution) and not len(evolution.moves)


def test_inertia_lowers_the_resolution_of_pairs_that_were_together():
    network, theta = noisy_years()[0], 0.8
    first = kn.detect(noisy_years()[1], seed=0, resolution=theta, support=0, contrast=0)
    again = kn.detect(
        network, seed=0, resolution=theta, support=0, contrast=0, start=first, inertia=0.3
    )
    free = kn.detect(network, seed=0, resolution=theta, support=0, contrast=0)
    together = first.partition[:, None] == first.partition
    np.fill_diagonal(together, False)

    def worth(clusters):  # the objective with the bonus of pairs that stay together
        same = clusters.partition[:, None] == clusters.partition
        return kn.objective(clusters) + 0.3 * (same & together).sum() / (36 * 35)

    assert worth(again) >= worth(free) - 1e-12
    assert kn.objective(free) >= kn.objective(again) - 1e-12
    assert again.objective_value == pytest.approx(kn.objective(again))
    assert kn.agreement(again, first).ari >= kn.agreement(free, first).ari
    held = kn.detect(network, resolution=theta, support=0, contrast=0, start=first, inertia=50)
    same = held.partition[:, None] == held.partition
    assert (same | ~together).all()  # nobody who was together has parted


def test_inertia_in_money_and_by_name():
    network = noisy_years()[0]
    how = {"measure": "flow", "resolution": 1.0, "support": 0, "contrast": 0, "seed": 0}
    first = kn.detect(noisy_years()[1], **how)
    by_name = pd.Series(first.partition, network.industries)[::-1]
    held = kn.detect(network, **how, start=by_name, inertia=1e6)
    together = first.partition[:, None] == first.partition
    assert ((held.partition[:, None] == held.partition) | ~together).all()
    assert kn.agreement(kn.detect(network, **how, start=first), kn.detect(network, **how)).ari == 1


def test_a_method_of_ones_own_is_searched_each_year():
    def halves(network, rng):
        return np.arange(network.n) // (network.n // 2)

    evolution = kn.evolve(noisy_years()[:2], method=halves)
    assert len(evolution.table) == 2 and not told(evolution)


def test_stopped_it_tells_what_it_has():
    calls = []

    def halves(network, rng):
        calls.append(network)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return np.arange(network.n) // (network.n // 2)

    with pytest.warns(kn.KlasternetWarning, match="interrupted after 2 of 4 times"):
        evolution = kn.evolve(noisy_years()[:4], [1, 2, 3, 4], method=halves)
    assert evolution.times == [1, 2]


def test_united_states(shared):
    years = range(2008, 2013)
    networks = [
        kn.FlowNetwork.from_table(kn.read_table(shared / "wiod2016_niot_usa", year=year))
        for year in years
    ]
    evolution = kn.evolve(networks, years, seed=0)
    assert (evolution.table["times"] == 5).sum() >= 6
    assert len(told(evolution)) <= 1
    food = evolution.labels.loc["Food and beverages"]
    assert (evolution.labels.loc["Crops and animals"] == food).all()
    metal = evolution.labels.loc["Basic metals"]
    assert (evolution.labels.loc["Motor vehicles"] == metal).all()


def test_bad_input():
    clusters = stage("aaaa........")
    with pytest.raises(kn.ParameterError, match="stages is empty"):
        kn.evolve([])
    with pytest.raises(kn.AlignmentError, match="1 times for 2 stages"):
        kn.evolve([clusters, clusters], [2000])
    with pytest.raises(kn.AlignmentError, match="given twice"):
        kn.evolve([clusters, clusters], [2000, 2000])
    with pytest.raises(kn.ParameterError, match="all of one kind"):
        kn.evolve([clusters, clusters.network])
    with pytest.raises(kn.ParameterError, match="'measure' is for the search"):
        kn.evolve([clusters, clusters], measure="flow")
    for bad in ({"inertia": -1}, {"least": 2}, {"patience": -1}, {"back": "x"}):
        with pytest.raises(kn.ParameterError, match=next(iter(bad))):
            kn.evolve([clusters, clusters], **bad)
    other = kn.Clusters.from_labels(clusters.network.select(NAMES[1:]), np.zeros(11, int))
    with pytest.raises(kn.AlignmentError, match="i00"):
        kn.evolve([clusters, other])
    ring = sparse.csr_array((np.ones(2100), (np.arange(2100), (np.arange(2100) + 1) % 2100)))
    network = kn.FlowNetwork.from_matrix(ring)
    with pytest.raises(kn.ParameterError, match="inertia needs a table of all pairs"):
        kn.detect(network, start=np.zeros(2100, int), inertia=0.1)
    with pytest.raises(kn.ParameterError, match="inertia"):
        kn.detect(network, inertia=-1)
