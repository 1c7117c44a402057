"""agreement(): against independent packages, by its laws, and what it says to bad input."""

from __future__ import annotations

import igraph
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

import klasternet as kn
from klasternet.evidence.comparison import scores

labelling = st.integers(2, 40).flatmap(
    lambda n: st.tuples(*(st.lists(st.integers(0, n), min_size=n, max_size=n) for _ in "ab"))
)


@settings(max_examples=200, deadline=None)
@given(labelling)
def test_scores_of_independent_packages(pair):
    a, b = map(np.array, pair)
    ari, ami, vi = scores(a, b)
    assert ari == pytest.approx(adjusted_rand_score(a, b), abs=1e-12)
    if not (len(set(a)) == len(set(b)) == len(a)):  # all alone in both: the same partition
        assert ami == pytest.approx(adjusted_mutual_info_score(a, b), abs=1e-9)
    assert vi == pytest.approx(igraph.compare_communities(*pair, "vi"), abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(labelling, st.randoms(use_true_random=False))
def test_laws(pair, random):
    a, b = map(np.array, pair)
    assert scores(a, b) == pytest.approx(scores(b, a), abs=1e-12)
    renamed = list(range(100))
    random.shuffle(renamed)
    assert scores(np.array(renamed)[a], b) == pytest.approx(scores(a, b), abs=1e-12)
    assert scores(a, a) == (1.0, 1.0, 0.0)
    assert scores(a, b)[2] <= np.log(len(a)) + 1e-12


def test_large_sizes_stay_finite():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 50, 200_000), rng.integers(0, 60, 200_000)
    ari, ami, vi = scores(a, b)
    assert abs(ari) < 1e-3 and abs(ami) < 1e-3  # by chance
    assert vi == pytest.approx(np.log(50) + np.log(60), abs=0.05)


MINE = pd.Series({"farms": "food", "mills": "food", "ore": "metal", "steel": "metal", "law": None})
THEIRS = pd.Series({"law": "b", "steel": "b", "ore": "b", "mills": "a", "farms": "a"})


def test_the_rest_is_handled_as_asked():
    alone, out, together = (
        kn.agreement(MINE, THEIRS, rest=rest) for rest in ("alone", "out", "together")
    )
    a, b = np.array([0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1])
    assert alone.ari == together.ari == pytest.approx(adjusted_rand_score(a, b))
    assert (out.ari, out.ami, out.vi, out.industries) == (1.0, 1.0, 0.0, 4)
    rest = pd.Series(["x", "x", None, None, None], index=list("abcde"))
    other = pd.Series(["x", None, None, None, None], index=list("abcde"))
    # alone: {a b} against nothing but single industries
    assert kn.agreement(rest, other).ari == pytest.approx(
        adjusted_rand_score([0, 0, 1, 2, 3], [0, 1, 2, 3, 4])
    )
    assert kn.agreement(rest, other, rest="together").ari == pytest.approx(
        adjusted_rand_score([0, 0, 1, 1, 1], [0, 1, 1, 1, 1])
    )


def test_clusters_are_matched_by_name():
    found = kn.agreement(MINE, THEIRS)
    assert found.table[["a", "b"]].to_numpy().tolist() == [["food", "a"], ["metal", "b"]]
    assert found.table["jaccard"].tolist() == [1.0, 2 / 3]
    assert "ARI" in repr(found) and "metal" in str(found)


def test_matching_shares_most_over_all_pairs():
    # greedy would take (p, u) with 3 and leave (q, v) with 0; the best total is 2 + 2
    a = list("pppppqq")
    b = list("uuuvvuu")
    table = kn.agreement(a, b).table
    assert dict(zip(table["a"], table["b"], strict=True)) == {"p": "v", "q": "u"}


def test_clusters_without_a_partner_are_listed():
    table = kn.agreement(list("xxyyzz"), list("uuuuvv")).table
    alone = table[table["b"].isna()]
    assert len(alone) == 1 and alone["shared"].item() == 0 and alone["size_a"].item() == 2


def test_clusters_series_mappings_and_bare_labels():
    network, labels = kn.datasets.planted(20, 3, seed=1)
    clusters = kn.Clusters.from_labels(network, labels)
    by_name = pd.Series(labels, index=network.industries)
    for other in (clusters, by_name, by_name[::-1], by_name.to_dict(), labels, list(labels)):
        assert kn.agreement(clusters, other).ari == 1.0
        assert kn.agreement(other, clusters).vi == 0.0


def test_bad_input():
    with pytest.raises(kn.AlignmentError, match="'law'"):
        kn.agreement(MINE, THEIRS.drop("law"))
    with pytest.raises(kn.AlignmentError, match="twice"):
        kn.agreement(MINE, pd.concat([THEIRS, THEIRS[:1]]))
    with pytest.raises(kn.AlignmentError, match=r"5 labels .* 3\. Give one for each"):
        kn.agreement(MINE, [1, 2, 3])
    with pytest.raises(kn.ParameterError, match="alone, out, together"):
        kn.agreement(MINE, THEIRS, rest="drop")
    with pytest.raises(kn.DataError, match="rest='alone'"):
        kn.agreement([1, -1], [-1, 1], rest="out")
