"""The checks for third parties: our own pieces pass, and each broken law is named."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

import klasternet as kn
from klasternet import contracts, registry


def failing(check, piece, **params):
    """Which laws a piece broke, by the message."""
    with pytest.raises(kn.ContractError) as caught:
        check(piece, **params)
    assert caught.value.broken  # the networks that broke it
    assert all(isinstance(network, kn.FlowNetwork) for network in caught.value.broken.values())
    lines = str(caught.value).splitlines()[1:]
    return {line.removeprefix("- ").partition(":")[0] for line in lines if line.startswith("- ")}


# ------------------------------------------------------------------------------ our own pieces


def test_own_detectors_pass():
    def modularity(inside, sold, bought, size, total, n):
        return inside / total - sold * bought / total**2

    needs = {
        "own_objective": {"score": modularity, "runs": 2},
        "consensus": {"methods": ["spectral", "hierarchy"], "runs": 3},
        "mapequation": {"runs": 3},
    }
    accounts = {"hoen", "minimal_flow"}  # most of these networks know no output
    for name in list(registry.detectors):
        frame = contracts.check_detector(name, **needs.get(name, {}))
        assert (frame["outcome"] == "kept").sum() >= (7 if name in accounts else 20)
        assert {"labels", "seed", "untouched", "randomness"} <= set(frame["law"])


@pytest.mark.parametrize("name", list(registry.tie_rules))
def test_own_tie_rules_pass(name):
    frame = contracts.check_tie_rule(name)
    needs = frame["outcome"].str.contains("column")  # output or regions that most networks lack
    assert (needs | (frame["outcome"] == "kept")).all()
    assert (frame["outcome"] == "kept").sum() >= 5


@pytest.mark.parametrize("name", list(registry.null_models))
def test_own_null_models_pass(name):
    frame = contracts.check_null_model(name)
    needs = frame["outcome"].str.contains("needs the")
    assert (needs | (frame["outcome"] == "kept")).all()
    assert "mean" in set(frame["law"])


def test_own_readings_pass_as_qualities():
    for column in ("sales_retention", "gravity_ratio", "conductance", "internal_flow"):

        def reading(clusters, column=column):
            return kn.density(clusters)[column].fillna(0.0).to_numpy()

        assert set(contracts.check_quality(reading)["outcome"]) == {"kept"}


# ------------------------------------------------------------------------------- broken pieces


def test_broken_detectors_are_caught():
    def short(network, rng):
        return np.zeros(network.n - 1, dtype=int)

    def fractions(network, rng):
        return np.linspace(0, 1, network.n)

    def unseeded(network, rng):
        return np.random.default_rng().integers(0, 50, network.n)

    def in_order(network, rng):
        return np.arange(network.n) // 5

    def by_amount(network, rng):
        return np.digitize(network.out_strength, [2e4, 3e4, 4e4])

    def with_global_numbers(network, rng):
        np.random.rand()  # noqa: NPY002
        return np.zeros(network.n, dtype=int)

    def crashing(network, rng):
        return np.linalg.inv(np.diag(network.out_strength)).argmax(axis=0)

    def unlocking(network, rng):
        if not network.is_sparse:
            network.flows.setflags(write=True)
            network.flows[0, -1] += 1.0
        return np.zeros(network.n, dtype=int)

    assert failing(contracts.check_detector, short) == {"labels"}
    assert failing(contracts.check_detector, fractions) == {"labels"}
    assert failing(contracts.check_detector, unseeded) >= {"seed"}
    assert failing(contracts.check_detector, in_order) == {"renaming"}
    assert failing(contracts.check_detector, by_amount) == {"unit"}
    assert failing(contracts.check_detector, with_global_numbers) == {"randomness"}
    assert failing(contracts.check_detector, crashing) == {"labels"}
    assert "untouched" in failing(contracts.check_detector, unlocking)


def test_a_refusal_is_no_breach():
    def careful(network, rng):
        if network.is_sparse:
            raise kn.DataError("give a full table.")
        return (network.out_strength > np.median(network.out_strength)).astype(int)

    frame = contracts.check_detector(careful)
    refused = frame[frame["outcome"].str.startswith("refused")]
    assert refused["network"].tolist() == ["a thin network"]
    assert "give a full table" in refused["outcome"].iloc[0]


def test_broken_tie_rules_are_caught():
    def infinite(network):
        with np.errstate(divide="ignore"):
            return 1 / np.asarray(network.flows if not network.is_sparse else [[0.0]])

    def triangle(network):
        flows = network.flows.toarray() if network.is_sparse else network.flows
        return np.triu(flows)

    assert "ties" in failing(contracts.check_tie_rule, infinite)
    assert failing(contracts.check_tie_rule, triangle) == {"renaming"}


def test_broken_null_models_are_caught():
    def too_much(network):
        return network.out_strength, network.in_strength

    class Shrinking:
        def masses(self, network):
            root = np.sqrt(network.ties.sum())
            return network.out_strength / root, network.in_strength / root

        def sample(self, network, rng):
            return replace(network, flows=network.flows * rng.uniform(0.5, 0.9))

    class Unseeded(Shrinking):
        def sample(self, network, rng):
            factor = np.random.default_rng().uniform(0.5, 1.5)
            return replace(network, flows=network.flows * factor)

    assert failing(contracts.check_null_model, too_much) == {"total", "unit"}
    assert failing(contracts.check_null_model, Shrinking) == {"mean"}
    assert "seed" in failing(contracts.check_null_model, Unseeded)


def test_masses_alone_are_enough_to_detect():
    class Alone:
        def masses(self, network):
            root = np.sqrt(network.ties.sum())
            return network.out_strength / root, network.in_strength / root

    frame = contracts.check_null_model(Alone)
    assert set(frame["law"]) == {"masses", "total", "untouched", "randomness", "renaming", "unit"}


def test_broken_qualities_are_caught():
    def single(clusters):
        return 1.0

    def missing(clusters):
        return np.full(len(clusters), np.nan)

    def squared(clusters):
        return clusters.internal_flow**2 + 1

    assert failing(contracts.check_quality, single) == {"numbers"}
    assert failing(contracts.check_quality, missing) == {"finite"}
    assert failing(contracts.check_quality, squared) == {"unit"}


def test_broken_layouts_are_caught():
    def heap(network):
        return dict.fromkeys(network.industries, (0.0, 0.0))

    def partial(network):
        return {name: (k, k) for k, name in enumerate(network.industries[:-1])}

    def unseeded(network):
        spots = np.random.default_rng().random((network.n, 2))
        return pd.DataFrame(spots, index=network.industries, columns=["x", "y"])

    assert failing(contracts.check_layout, heap) == {"apart"}
    assert "refused" in str(contracts.check_layout(partial)["outcome"].iloc[0])
    assert failing(contracts.check_layout, unseeded) == {"repeat"}


def test_own_layouts_pass():
    for name in registry.layouts:
        frame = contracts.check_layout(name)
        needs = frame["outcome"].str.contains("column 'longitude'")
        assert (needs | (frame["outcome"] == "kept")).all()


# -------------------------------------------------------------------------------- registration


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package on the path that announces pieces by entry points, as a wheel does."""
    (tmp_path / "spinning.py").write_text(
        "import numpy as np\n"
        "def halves(network, rng, cut=0.5):\n"
        "    return (network.out_strength > np.quantile(network.out_strength, cut)).astype(int)\n"
        "def doubled(network):\n"
        "    return network.flows * 2\n"
    )
    made = tmp_path / "spinning-1.0.dist-info"
    made.mkdir()
    (made / "METADATA").write_text("Metadata-Version: 2.1\nName: spinning\nVersion: 1.0\n")
    (made / "entry_points.txt").write_text(
        "[klasternet.detectors]\nHalves = spinning:halves\nlost = spinning:nowhere\n"
        "[klasternet.tie_rules]\ndoubled = spinning:doubled\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    every = (registry.detectors, registry.tie_rules)
    for one in every:
        one.__dict__.pop("_installed", None)
    yield
    for one, name in zip(every, ("halves", "doubled"), strict=True):
        one.__dict__.pop("_installed", None)
        one._entries.pop(name, None)
    sys.modules.pop("spinning", None)


def test_installed_packages_add_names(installed):
    network, _ = kn.datasets.planted(20, 2, seed=0)
    assert "halves" in list(registry.detectors)
    clusters = kn.detect(network, "halves", cut=0.8, seed=0)
    assert clusters.sizes.sum() == 20 and 4 in clusters.sizes
    assert clusters.recipe.method == "halves"
    assert np.allclose(kn.tie(network, "doubled").ties, network.ties * 2)


def test_a_package_that_fails_is_named(installed):
    network, _ = kn.datasets.planted(20, 2, seed=0)
    with pytest.raises(kn.ContractError, match=r"'lost'.*spinning:nowhere.*AttributeError"):
        kn.detect(network, "lost")


def test_own_names_come_before_installed_ones(installed):
    assert isinstance(sys.modules.get("spinning"), ModuleType | None)
    assert registry.detectors.find("density").__module__.startswith("klasternet")


def test_a_layout_by_name():
    @kn.layout("two rows")
    def rows(network):
        return {name: (k // 2, k % 2) for k, name in enumerate(network.industries)}

    try:
        network, labels = kn.datasets.planted(8, 2, seed=0)
        ax = kn.draw_network(kn.Clusters.from_labels(network, labels), layout="two rows")
        spots = kn.network_positions(ax).loc[network.industries]
        wanted = np.array([(k // 2, k % 2) for k in range(8)])
        for axis, column in enumerate("xy"):
            assert np.corrcoef(spots[column], wanted[:, axis])[0, 1] > 0.5  # moved apart
        with pytest.raises(kn.ParameterError, match="Known: auto, geo, supply_chain, two_rows"):
            kn.draw_network(kn.Clusters.from_labels(network, labels), layout="two columns")
    finally:
        registry.layouts.forget("two rows")


def test_a_quality_by_name():
    @kn.quality("size squared")
    def squared(clusters):
        return clusters.sizes**2

    try:
        network, labels = kn.datasets.planted(20, 2, seed=0)
        clusters = kn.Clusters.from_labels(network, labels)
        frame = kn.density(clusters, also=["size squared", lambda c: c.sizes])
        assert (frame["size squared"] == frame["<lambda>"] ** 2).all()
        with pytest.raises(kn.ParameterError, match="already"):
            kn.density(clusters, also=[squared, squared])
    finally:
        registry.qualities.forget("size squared")
