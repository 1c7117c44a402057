"""multiverse(): every combination once, however it is run, and taken up where it stopped."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pandas as pd
import pytest

import klasternet as kn


@pytest.fixture(scope="module")
def table():
    network, _ = kn.datasets.planted(14, 2, contrast=8, noise=0.5, seed=2)
    names = [f"i{k:02}" for k in range(14)]
    flows = pd.DataFrame(np.asarray(network.flows), names, names)
    return kn.IOTable(flows, output=flows.sum(axis=1) * 2, name="made")


OVER = {"loops": ["aside", "keep"], "ties": [None, "input_share"], "null": ["gravity", "uniform"]}
FIXED = {"measure": "flow", "resolution": 1.0}


def alike(a, b):
    pd.testing.assert_frame_equal(a.drop(columns="seconds"), b.drop(columns="seconds"))
    assert a.attrs["labels"] == b.attrs["labels"]


def test_every_combination_is_what_detect_finds(table):
    frame = kn.multiverse(table, OVER, seed=0, **FIXED)
    assert len(frame) == 8 and frame["ari"].iloc[0] == 1 and (frame["refused"] == "").all()
    combinations = list(itertools.product(*OVER.values()))
    shown = [(loops, rule or "none", null) for loops, rule, null in combinations]
    assert [tuple(row) for row in frame[list(OVER)].to_numpy()] == shown
    reference = None
    for k, (loops, rule, null) in enumerate(combinations):
        network = kn.FlowNetwork.from_table(table, loops=loops)
        network = network if rule is None else kn.tie(network, rule)
        clusters = kn.detect(network, null=null, seed=0, **FIXED)
        reference = clusters if reference is None else reference
        assert frame.attrs["labels"][k] == tuple(clusters.labels)
        assert frame["clusters"][k] == len(clusters)
        assert frame["inside"][k] == (clusters.labels >= 0).sum()
        assert frame["ari"][k] == pytest.approx(kn.agreement(reference, clusters).ari)
        assert frame["ami"][k] == pytest.approx(kn.agreement(reference, clusters).ami)


def test_workers_change_nothing(table):
    over = {**OVER, "noise": [0.0, 0.2]}
    one = kn.multiverse(table, over, seed=3, **FIXED)
    alike(one, kn.multiverse(table, over, seed=3, n_jobs=2, **FIXED))
    noisy = kn.multiverse(table, {"noise": [0.2]}, seed=3, **FIXED)
    assert len(noisy) == 1


def test_a_stopped_run_goes_on(table, tmp_path, monkeypatch):
    path = tmp_path / "universes.jsonl"
    whole = kn.multiverse(table, OVER, seed=0, resume=path, **FIXED)
    lines = path.read_bytes().splitlines(keepends=True)
    assert len(lines) == 8
    path.write_bytes(b"".join(lines[:3]) + lines[3][:40])  # stopped in the middle of a line
    ran = []
    from klasternet.evidence import universes

    run = universes._universe
    monkeypatch.setattr(universes, "_universe", lambda *a: ran.append(1) or run(*a))
    alike(whole, kn.multiverse(table, OVER, seed=0, resume=path, **FIXED))
    assert len(ran) == 5 and len(path.read_bytes().splitlines()) == 8
    alike(whole, kn.multiverse(table, OVER, seed=0, resume=path, **FIXED))
    assert len(ran) == 5
    kn.multiverse(table, OVER, seed=1, resume=path, **FIXED)  # another seed is another study
    assert len(ran) == 13
    other = kn.IOTable(table.flows * 2, output=table.output * 2)
    kn.multiverse(other, {"loops": ["aside"]}, seed=0, resume=path, **FIXED)
    assert len(ran) == 14


def test_a_file_of_something_else_is_left_alone(table, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("dear diary\n")
    with pytest.raises(kn.DataError, match="line 1"):
        kn.multiverse(table, OVER, resume=path, **FIXED)
    path.write_text(json.dumps({"key": "a"}) + "\n")
    with pytest.raises(kn.DataError, match="line 1"):
        kn.multiverse(table, OVER, resume=path, **FIXED)
    assert path.read_text().startswith('{"key"')
    with pytest.raises(kn.ParameterError, match="cannot be written"):
        kn.multiverse(table, {"loops": ["aside"]}, resume=tmp_path / "no" / "x", seed=0, **FIXED)


def test_tables_and_groups(table):
    halves = {name: f"g{k // 2}" for k, name in enumerate(table.industries)}
    later = kn.IOTable(table.flows.iloc[::-1, ::-1] * 1.1, output=table.output * 1.1)
    over = {"groups": {"none": None, "pairs": halves}}
    frame = kn.multiverse({2020: table, 2021: later}, over, seed=0, **FIXED)
    assert frame["table"].tolist() == [2020, 2020, 2021, 2021]
    assert frame["groups"].tolist() == ["none", "pairs"] * 2
    assert frame["ari"][2] == 1  # the same flows in another unit and order
    labels = dict(zip(frame.attrs["industries"], frame.attrs["labels"][1], strict=True))
    for a, b in itertools.combinations(table.industries, 2):
        if halves[a] == halves[b]:
            assert labels[a] == labels[b]


def test_refusals_are_rows(table):
    with pytest.warns(kn.KlasternetWarning, match="1 of 2 universes have no answer"):
        frame = kn.multiverse(table, {"flows": ["domestic", "total"]}, seed=0, **FIXED)
    assert frame["refused"][0] == "" and "import" in frame["refused"][1]
    assert np.isnan(frame["ari"][1]) and frame["clusters"][1] == 0


def test_bad_choices(table):
    for over, message in [
        ({}, "over is empty"),
        ({"loops": []}, "no options"),
        ({"loops": "aside"}, "give a list"),
        ({"measure": ["flow"]}, "made twice"),
        ({"groups": [{"a": "b"}, {"a": "c"}]}, "Name them"),
        ({"colour": ["red"]}, "colour"),
    ]:
        with pytest.raises(kn.ParameterError, match=message):
            kn.multiverse(table, over, seed=0, **FIXED)
    with pytest.raises(kn.AlignmentError, match="other industries"):
        kn.multiverse({1: table, 2: kn.datasets.load("germany_1995")}, OVER, **FIXED)
