"""Full disks, folders that may only be read, no display, no font: what is told, what stays.

What stops a run is in `test_faults.py`.
"""

from __future__ import annotations

import errno
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path

import pytest

import klasternet as kn
from klasternet import command
from klasternet.figures import offscreen
from klasternet.reporting import provenance

TABLE = kn.datasets.load("germany_1995")
OWN = kn.Clusters.from_labels(kn.FlowNetwork.from_table(TABLE), [0, 1, 1, -1, -1, -1])
NETWORK, _ = kn.datasets.planted(20, 2, contrast=8, noise=0.4, seed=1)
posix = pytest.mark.skipif(os.name != "posix", reason="limits and rights of POSIX")


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr(offscreen, "draw_to_files", lambda *a, **k: (None, []))
    monkeypatch.setattr("klasternet.figures.matrix.caption", lambda ax: "", raising=False)
    monkeypatch.setattr("klasternet.figures.network.caption", lambda ax: "", raising=False)


@contextmanager
def room(size):
    """No file may have more bytes than these: a limit of the system."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)


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
    network = tmp_path / "network.csv"
    NETWORK.write(network)
    before = network.read_bytes()
    clusters = kn.detect(NETWORK, seed=0)
    kn.report(OWN, [TABLE], tmp_path / "another")  # what is compiled is kept in files, too
    whole = kn.significance(clusters, 9, seed=0)
    with room(700):
        with pytest.raises(kn.ParameterError, match="cannot be written"):
            kn.report(OWN, [TABLE], tmp_path / "study")
        with pytest.raises(kn.ParameterError, match="cannot be written"):
            NETWORK.write(network)
        with pytest.raises(kn.ParameterError, match="resume file"):
            kn.significance(clusters, 9, seed=0, resume=tmp_path / "kept")
    assert network.read_bytes() == before and not (tmp_path / "study").exists()
    assert not [*tmp_path.rglob(".*")]
    assert str(kn.significance(clusters, 9, seed=0, resume=tmp_path / "kept")) == str(whole)


@posix
@pytest.mark.parametrize("kind", ["pdf", "svg", "png"])
def test_no_room_for_a_figure(tmp_path, kind):
    """On a full disk matplotlib's writer of PDF raised an AttributeError."""
    path = tmp_path / f"matrix.{kind}"
    page = kn.draw_matrix(OWN).figure
    page.savefig(path)
    before = path.read_bytes()
    with room(700), pytest.raises(OSError, match="Errno"):
        page.savefig(path)
    page.savefig(path)
    assert path.read_bytes() == before


@contextmanager
def powerless():
    """Root may write anywhere: be nobody meanwhile."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@posix
def test_a_folder_that_may_only_be_read(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "version", functools.cache(provenance.version))  # see below
    clusters = kn.detect(NETWORK, seed=0)
    writers = [
        lambda folder: kn.report(OWN, [TABLE], folder),
        lambda folder: kn.report(OWN, [TABLE], folder / "study"),
        lambda folder: NETWORK.write(folder / "edges.csv"),
        lambda folder: kn.significance(clusters, 9, seed=0, resume=folder / "kept.jsonl"),
        lambda folder: kn.stability(clusters, 2, seed=0, resume=folder / "steady.jsonl"),
    ]
    for write in writers:
        write(tmp_path)  # what it needs of the environment, which may be closed, is read
    place = Path(tempfile.mkdtemp())  # in a folder that everybody may look into
    (place / "edges.csv").write_text("a,b\n")
    place.chmod(0o555)
    try:
        with powerless():
            for write in writers:
                with pytest.raises(kn.ParameterError, match=r"written.*Permission denied"):
                    write(place)
        assert [path.name for path in place.iterdir()] == ["edges.csv"]
        assert (place / "edges.csv").read_text() == "a,b\n"
    finally:
        place.chmod(0o755)
        shutil.rmtree(place)


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(kn.ParameterError, match="cannot be written"):
            kn.report(OWN, [], place)
    for place in (tmp_path / "no" / "edges.csv", tmp_path / "file" / "edges.csv"):
        with pytest.raises(kn.ParameterError, match="cannot be written"):
            NETWORK.write(place)
    line = ["germany_1995", "--quiet", "--draws", "0", "--out"]
    assert command.main([*line, str(tmp_path / "file" / "below")]) == 2
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
