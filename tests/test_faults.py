"""Machines that stop: Ctrl-C, killed workers; an answer, a clear error, no half file.

Hundreds of strikes at random moments are in `benchmarks/faults.py`; here is each kind once.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import joblib
import numpy as np
import pytest

import klasternet as kn
from klasternet import command, repetition
from klasternet.figures import offscreen
from klasternet.repetition import repeat
from klasternet.reporting import writing

TABLE = kn.datasets.load("germany_1995")
OWN = kn.Clusters.from_labels(kn.FlowNetwork.from_table(TABLE), [0, 1, 1, -1, -1, -1])
NETWORK, _ = kn.datasets.planted(20, 2, contrast=8, noise=0.4, seed=1)
LONG = 60.0  # seconds: no measure of anything, but an end to waiting
posix = pytest.mark.skipif(os.name != "posix", reason="signals and locks of POSIX")


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr(offscreen, "draw_to_files", lambda *a, **k: (None, []))
    monkeypatch.setattr("klasternet.figures.matrix.caption", lambda ax: "", raising=False)
    monkeypatch.setattr("klasternet.figures.network.caption", lambda ax: "", raising=False)


@pytest.fixture(autouse=True)
def ctrl_c():
    """Shells start what runs in the background with SIGINT ignored, and Python keeps to that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def litter(place):
    return [path.name for path in place.rglob("*") if path.name.startswith(".")]


def stopping_at(number, sign=signal.SIGINT):
    """A piece of work that is struck at its number-th turn."""

    def work(rng, k):
        if k == number:
            signal.raise_signal(sign)
        return k

    return work


# ------------------------------------------------------------------------------- ensembles


def draws(rng, k):
    return {"k": k, "bytes": rng.bytes(200_000), "flows": rng.random((3, 2)).T}


def by_name(rng, k):
    return lambda: k


@posix
def test_what_processes_hand_back_is_a_short_message(tmp_path):
    """Of one longer than a pipe writes at once, half may come from a worker that is killed."""
    streams = np.random.SeedSequence(0).spawn(3)
    plain = repetition._piece(draws, range(3), streams, os.getpid(), str(tmp_path))
    handed = repetition._piece(draws, range(3), streams, -1, str(tmp_path))
    assert len(pickle.dumps(handed)) < select.PIPE_BUF and os.listdir(tmp_path) == ["0"]
    opened = repetition._opened(handed)
    assert not os.listdir(tmp_path)
    for one, other in zip(plain, opened, strict=True):
        assert one["bytes"] == other["bytes"] and (one["flows"] == other["flows"]).all()
    # where there is no folder any more, or no way to write them, they take the other road
    gone = repetition._piece(draws, range(3), streams, -1, str(tmp_path / "gone"))
    assert [piece["k"] for piece in repetition._opened(gone)] == [0, 1, 2]
    functions = repetition._piece(by_name, range(3), streams, -1, str(tmp_path))
    assert [piece() for piece in repetition._opened(functions)] == [0, 1, 2]


def test_processes_leave_no_folder_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(repetition, "_place_of", lambda home: str(tmp_path))
    with joblib.parallel_config(backend="loky", temp_folder=str(tmp_path)):
        found = repeat(draws, 6, 0, n_jobs=2)
    assert [piece["bytes"] for piece in found] == [piece["bytes"] for piece in repeat(draws, 6, 0)]
    assert not [*tmp_path.glob("tmp*")]
    for none in (str(tmp_path / "full"), ""):  # no room for a folder
        monkeypatch.setattr(repetition, "_place_of", lambda home, none=none: none)
        with joblib.parallel_config(backend="loky"):
            again = repeat(draws, 6, 0, n_jobs=2)
        assert [piece["bytes"] for piece in again] == [piece["bytes"] for piece in found]


def test_a_stopped_ensemble_says_how_many_it_rests_on():
    with pytest.warns(kn.KlasternetWarning, match="interrupted after 3 of 9 draws; the result"):
        assert repeat(stopping_at(3), 9, 0, label="draws") == [0, 1, 2]
    with pytest.raises(KeyboardInterrupt):
        repeat(stopping_at(0), 9, 0)


def test_a_piece_that_is_cut_short_is_none():
    """Ctrl-C within a draw's own repetition: not a draw of fewer, and not the last one either."""

    def work(rng, k):
        assert repetition.nested()
        return repeat(stopping_at(2 if k == 4 else -1), 5, 0)

    with pytest.warns(kn.KlasternetWarning, match="interrupted after 4 of 9"):
        assert repeat(work, 9, 0) == [[0, 1, 2, 3, 4]] * 4
    assert not repetition.nested()


def killed(rng, k):
    if k == 5 and os.environ.get("KLASTERNET_TEST_MASTER") != str(os.getpid()):
        os.kill(os.getpid(), signal.SIGKILL)
    return k


@posix
def test_a_killed_worker_is_no_short_count(monkeypatch):
    joblib = pytest.importorskip("joblib")
    monkeypatch.setenv("KLASTERNET_TEST_MASTER", str(os.getpid()))
    with (
        joblib.parallel_config(backend="loky"),
        pytest.raises(kn.KlasternetError, match=r"was killed after \d of 20 draws.*n_jobs"),
    ):
        repeat(killed, 20, 0, n_jobs=2, label="draws")


@posix
def test_workers_end_with_their_master(monkeypatch, tmp_path):
    """A worker whose master was killed has another parent from then on."""
    ended, came, place = [], threading.Event(), tmp_path / "left"
    place.mkdir()
    monkeypatch.setattr(repetition, "LEAVING", [])
    monkeypatch.setattr(repetition, "WAIT", 0.01)
    parents = iter([1234, 1234, 1])
    monkeypatch.setattr(os, "getppid", lambda: next(parents, 1))
    repetition._leave_with(1234, "")
    assert not repetition.LEAVING  # no process of joblib's
    monkeypatch.setattr(repetition, "current_process", type("LokyProcess", (), {}))
    repetition._leave_with(os.getpid(), "")
    assert not repetition.LEAVING  # a thread of the master
    monkeypatch.setattr(os, "_exit", lambda code: (ended.append(code), came.set()))
    repetition._leave_with(1234, str(place))
    assert came.wait(LONG) and ended == [1] and not place.exists()


def test_what_workers_are_told_first(monkeypatch):
    joblib = pytest.importorskip("joblib")
    assert repetition._start(1234) == {}
    with joblib.parallel_config(backend="loky"):
        told = repetition._start(1234)
        assert told["initializer"] == repetition._leave_with
        assert told["initargs"] == (1234, repetition._place_of(1234))
    with joblib.parallel_config(backend="loky", initializer=print):
        assert repetition._start(1234) == {}  # the caller's own is not put aside


SLOW = """
import time, joblib
from klasternet.repetition import repeat

def work(rng, k):
    time.sleep(0.1)
    return k

with joblib.parallel_config(backend="loky"):
    repeat(work, 100_000, 0, n_jobs=2)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_workers_that_were_told_nothing_yet_end_too():
    """Killed while joblib was starting workers, its master left them waiting for ever."""

    def below(master):
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = place.joinpath("stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == master and b"--process-name" in place.joinpath(
                    "cmdline"
                ).read_bytes():  # fmt: skip
                    found.append(place)
        return found

    with subprocess.Popen([sys.executable, "-c", SLOW]) as master:
        end = time.monotonic() + LONG
        while len(workers := below(master.pid)) < 2 and time.monotonic() < end:
            time.sleep(0.005)
        master.kill()
    assert len(workers) == 2
    while (left := [place for place in workers if place.exists()]) and time.monotonic() < end:
        time.sleep(0.05)
    for place in left:
        os.kill(int(place.name), signal.SIGKILL)
    assert not left


def test_ensembles_go_on_where_they_were_stopped(tmp_path, monkeypatch):
    clusters = kn.detect(NETWORK, support=0, contrast=0, seed=0)
    verbs = {
        "significance": lambda **more: kn.significance(clusters, more.pop("draws", 9), **more),
        "stability": lambda **more: kn.stability(clusters, more.pop("draws", 4), 0.1, **more),
    }
    for name, verb in verbs.items():
        path = tmp_path / f"{name}.jsonl"
        whole = str(verb(seed=1))
        verb(seed=1, draws=2, resume=path)
        text = path.read_bytes()
        path.write_bytes(text[:-7])  # the stop came within a line
        assert str(verb(seed=1, resume=path)) == whole
        lines = path.read_bytes().splitlines()
        with monkeypatch.context() as still:  # nothing is done again
            still.setattr(repetition, "_inside", None)
            assert str(verb(seed=1, resume=path, n_jobs=2)) == whole
        assert path.read_bytes().splitlines() == lines
        assert str(verb(seed=2, resume=path)) != whole  # another study in the same file
        assert len(path.read_bytes().splitlines()) == 2 * len(lines)
        path.write_text("dear diary\n")
        with pytest.raises(kn.DataError, match="line 1 of"):
            verb(seed=1, resume=path)
        with pytest.raises(kn.ParameterError, match="cannot be written"):
            verb(seed=1, resume=tmp_path / "no" / "such")


def test_objects_of_one_class_are_different_studies():
    """Two null models that differ in a number alone gave one answer, from the file."""
    from klasternet.resuming import fingerprint

    class Null:
        def __init__(self, power):
            self.power = power

    def made(power):
        return lambda x: x**power

    for one, two in (
        (Null(1), Null(2)),
        (made(1), made(2)),
        (lambda x: x + 1, lambda x: x + 2),
        ({"a": 1}, {"a": 1.5}),
        (np.zeros(2), np.zeros(3)),
        (TABLE.flows, TABLE.flows * (1 + 1e-15)),
        (NETWORK, OWN.network),
    ):
        assert fingerprint(one) != fingerprint(two)
    assert fingerprint(Null(1), made(3)) == fingerprint(Null(1), made(3))
    knot = Null(1)
    knot.power = knot
    assert fingerprint(knot)


# --------------------------------------------------------------------------------- reports


def entire(folder):
    told = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    kept = sorted([*told["files_sha256"], "provenance.json"])
    return kept == sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("old", [False, True])
def test_a_report_that_is_stopped_leaves_what_was_there(tmp_path, monkeypatch, old):
    folder = tmp_path / "study"
    if old:
        kn.report(OWN, [], folder)
    before = {path.name: path.read_bytes() for path in folder.glob("*")}

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "write_provenance", stopped)
    with pytest.raises(KeyboardInterrupt):
        kn.report(OWN, [TABLE], folder)
    assert {path.name: path.read_bytes() for path in folder.glob("*")} == before
    assert folder.exists() == old and not litter(tmp_path)


@posix
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_while_files_change_places(tmp_path, monkeypatch, sign):
    folder = tmp_path / "study"
    kn.report(OWN, [], folder)
    came, move = [], Path.replace

    def struck(self, target):
        if not came:
            came.append(sign)
            signal.raise_signal(sign)
        return move(self, target)

    monkeypatch.setattr(Path, "replace", struck)
    before = signal.signal(sign, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            kn.report(OWN, [TABLE], folder)
    finally:
        signal.signal(sign, before)
    assert came and entire(folder) and not litter(tmp_path)
    assert "clusters.csv" in os.listdir(folder)


@posix
def test_what_a_killed_run_left_goes_with_the_next(tmp_path):
    folder, left = tmp_path / "study", tmp_path / ".study-12345-1.part"
    left.mkdir()
    (left / "report.md").write_text("half")
    another = tmp_path / ".study-12346-1.part"  # of a run that is still at work
    another.mkdir()
    held = writing._locked(another)
    kn.report(OWN, [], folder)
    assert not left.exists() and another.exists()
    os.close(held)
    kn.report(OWN, [], folder)
    assert not another.exists() and entire(folder)


@posix
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_the_command_line_ends_at_once(tmp_path, monkeypatch, capsys, sign):
    monkeypatch.chdir(tmp_path)
    before = signal.getsignal(sign)
    from klasternet.evidence import chance

    run = chance.repeat

    def struck(work, *given, **how):
        # by the main thread, which signals reach: from another it would be a matter of time
        return run(stopping_at(3, sign), *given, **{**how, "n_jobs": 1})

    monkeypatch.setattr(chance, "repeat", struck)
    if sign == signal.SIGINT:
        signal.signal(sign, signal.default_int_handler)
    assert command.main(["germany_1995", "--quiet", "--draws", "9"]) == 128 + sign
    assert "no half-written report was left" in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]
    assert signal.getsignal(sign) in (before, signal.default_int_handler)
    signal.signal(sign, before)
