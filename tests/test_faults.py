"""Machines that stop: Ctrl-C, killed workers, full disks; an answer, a clear error, no half file.

Hundreds of strikes at random moments are in `benchmarks/faults.py`; here is each kind once.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

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
posix = pytest.mark.skipif(os.name != "posix", reason="signals and locks of POSIX")


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr(offscreen, "draw_to_files", lambda *a, **k: (None, []))
    monkeypatch.setattr("klasternet.figures.matrix.caption", lambda ax: "", raising=False)
    monkeypatch.setattr("klasternet.figures.network.caption", lambda ax: "", raising=False)


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
def test_workers_end_with_their_master(monkeypatch):
    """A worker whose master was killed has another parent from then on."""
    ended = []
    monkeypatch.setattr(repetition, "LEAVING", [])
    monkeypatch.setattr(repetition, "WAIT", 0.01)
    parents = iter([1234, 1234, 1])
    monkeypatch.setattr(os, "getppid", lambda: next(parents, 1))
    repetition._leave_with(1234)
    assert not repetition.LEAVING  # no process of joblib's
    monkeypatch.setattr(repetition, "current_process", type("LokyProcess", (), {}))
    repetition._leave_with(os.getpid())
    assert not repetition.LEAVING  # a thread of the master
    monkeypatch.setattr(os, "_exit", ended.append)
    repetition._leave_with(1234)
    for _ in range(200):
        if ended:
            break
        repetition.time.sleep(0.01)
    assert ended == [1]


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
    monkeypatch.setattr(chance, "repeat", lambda work, *a, **k: run(stopping_at(3, sign), *a, **k))
    if sign == signal.SIGINT:
        signal.signal(sign, signal.default_int_handler)
    assert command.main(["germany_1995", "--quiet", "--draws", "9"]) == 128 + sign
    assert "no half-written report was left" in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]
    assert signal.getsignal(sign) in (before, signal.default_int_handler)
    signal.signal(sign, before)


# ----------------------------------------------------------------------------------- disks


def test_a_full_disk(tmp_path, monkeypatch):
    folder = tmp_path / "study"
    kn.report(OWN, [], folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(self, *_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(kn.ParameterError, match=r"cannot be written.*No space left on device"):
        kn.report(OWN, [TABLE], folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@posix
def test_no_room_for_another_byte(tmp_path):
    """A limit of the system on the size of files: reports, networks, and files to resume from."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    network = tmp_path / "network.csv"
    NETWORK.write(network)
    before = network.read_bytes()
    clusters = kn.detect(NETWORK, seed=0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (700, hard))
    try:
        with pytest.raises(kn.ParameterError, match="cannot be written"):
            kn.report(OWN, [TABLE], tmp_path / "study")
        with pytest.raises(kn.ParameterError, match="cannot be written"):
            NETWORK.write(network)
        with pytest.raises(kn.ParameterError, match="resume file"):
            kn.significance(clusters, 9, seed=0, resume=tmp_path / "kept")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert network.read_bytes() == before and not (tmp_path / "study").exists()
    assert not litter(tmp_path)
    whole = kn.significance(clusters, 9, seed=0)
    assert str(kn.significance(clusters, 9, seed=0, resume=tmp_path / "kept")) == str(whole)


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(kn.ParameterError, match="cannot be written"):
            kn.report(OWN, [], place)
    for place in (tmp_path / "no" / "edges.csv", tmp_path / "file" / "edges.csv"):
        with pytest.raises(kn.ParameterError, match="cannot be written"):
            NETWORK.write(place)
    assert (tmp_path / "file").read_text() == ""


# ---------------------------------------------------------------------------------- places

BARE = """
import sys, klasternet as kn
from matplotlib import font_manager
font_manager.fontManager.ttflist = [f for f in font_manager.fontManager.ttflist
                                    if f.name == "DejaVu Sans"]
network, _ = kn.datasets.planted(8, 2, contrast=8, noise=0.3, seed=1)
names = ["批发 wholesale", *network.industries[1:]]
frame = network.to_frame().set_axis(names).set_axis(names, axis=1)
network = kn.FlowNetwork.from_matrix(frame)
clusters = kn.Clusters.from_labels(network, [0] * 4 + [1] * 4)
kn.draw_matrix(clusters).figure.savefig(sys.argv[1] + "/matrix.png")
"""


def test_no_display_and_no_font_for_a_name(tmp_path):
    """The figure is there; that a sign has no font is told, not left as a box in silence."""
    bare = {"DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND"}
    env = {name: value for name, value in os.environ.items() if name not in bare}
    done = subprocess.run(
        [sys.executable, "-c", BARE, tmp_path], capture_output=True, text=True, env=env
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "matrix.png").stat().st_size > 1000
    assert "批" in done.stderr or "glyph" in done.stderr.lower(), done.stderr


def test_no_folder_for_what_is_compiled(tmp_path, monkeypatch):
    """Installed for all, run by somebody without a home: numba alone would not begin."""
    numba = pytest.importorskip("numba")
    from klasternet import kernels

    held = numba.config.CACHE_DIR
    calls = []

    def nowhere(**_):
        calls.append(1)
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(kernels.numba, "njit", nowhere)
    monkeypatch.setattr(kernels.atexit, "register", lambda *a, **k: None)
    try:
        with pytest.warns(kn.KlasternetWarning, match="NUMBA_CACHE_DIR"):
            kernels._find_a_cache()
        place = Path(numba.config.CACHE_DIR)
        assert calls and place.is_dir() and place.stat().st_mode & 0o077 == 0
        place.rmdir()
    finally:
        numba.config.CACHE_DIR = held
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        monkeypatch.undo()
        kernels._find_a_cache()
