"""Machines that stop: long verbs struck by a signal at random moments, and what is left of them.

    python -m benchmarks.faults [--strikes 200] [--seed 0] [--processes 12] [--large 12]
                                [--caches 4] [--disks 9]

Each strike runs a verb in a process of its own and sends it SIGINT, SIGTERM or SIGKILL at a moment
drawn over the time that the verb takes. Then it is asked:

ended: it ended within `PATIENCE` seconds. orphans: processes that it has left.
short: fewer draws than asked for came out and nobody was told. raised: what is no answer and no
    KeyboardInterrupt. half: a report that is neither the one before nor the whole new one.
litter: files beside it that the next report does not take away. again: the verb, run once more
    (with the file that it was to go on from), does not give the answer of a run that nobody struck.

--processes: ensembles in worker processes, the master struck, or a worker, at a moment drawn from
when the workers are started on. --large: a worker killed whose results are megabytes.
--caches: the first run of all, kernels not yet compiled, killed three times in a row while it
compiles; the next must read what they kept and find the answer.
--disks: reports, networks and files to go on from on a disk that is full at a byte drawn (Linux, as
root: a small file system is mounted).
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import klasternet as kn

PATIENCE = 30.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
DRAWS = 40
TABLE = kn.datasets.load("germany_1995")
NETWORK, _ = kn.datasets.planted(40, 4, contrast=8, noise=0.6, seed=1)
CLUSTERS = kn.detect(NETWORK, seed=0)
OWN = kn.Clusters.from_labels(kn.FlowNetwork.from_table(TABLE), [0, 1, 1, -1, -1, -1])
OVER = {"loops": ["aside", "keep"], "null": ["gravity", "configuration"], "resolution": [0.5, 1.0]}


# Each returns what it found, as bytes can tell it, and how many draws are in it.


def detect(_: Path) -> tuple[Any, int]:
    found = [kn.detect(NETWORK, seed=seed).labels.tolist() for seed in range(3)]
    return found, DRAWS


def certify(_: Path) -> tuple[Any, int]:
    # how far it gets is a matter of time: that its bound holds is what can be asked
    return bool(kn.certify(CLUSTERS, time_limit=2).gap >= 0), DRAWS


def significance(folder: Path) -> tuple[Any, int]:
    tested = kn.significance(CLUSTERS, DRAWS, seed=1, n_jobs=2, resume=folder / "kept.jsonl")
    return (tested.pvalue, tested.null_distribution.tolist()), tested.draws


def stability(folder: Path) -> tuple[Any, int]:
    steady = kn.stability(CLUSTERS, 12, seed=1, resume=folder / "kept.jsonl")
    return steady.comembership.to_numpy().tolist(), DRAWS - 12 + len(steady.agreement)


def multiverse(folder: Path) -> tuple[Any, int]:
    frame = kn.multiverse(TABLE, OVER, measure="flow", seed=0, resume=folder / "kept.jsonl")
    return frame.attrs["labels"], DRAWS - 8 + len(frame)


def profile(_: Path) -> tuple[Any, int]:
    frame = kn.profile_resolution(NETWORK, draws=10, seed=0)
    return frame.select_dtypes("number").to_csv(), DRAWS


def report(folder: Path) -> tuple[Any, int]:
    return whole(kn.report(OWN, [TABLE], folder / "study")), DRAWS


def draw(folder: Path) -> tuple[Any, int]:
    kn.draw_network(CLUSTERS, seed=0).figure.savefig(folder / "network.pdf")
    return hashlib.sha256((folder / "network.pdf").read_bytes()).hexdigest(), DRAWS


VERBS: dict[str, Callable[[Path], tuple[Any, int]]] = {
    verb.__name__: verb
    for verb in (detect, certify, significance, stability, multiverse, profile, report, draw)
}


# ------------------------------------------------------------------------------ what is left


def whole(folder: Path) -> str:
    """Which report this is: the hash of its provenance; "half" if its files are not those."""
    try:
        told = (folder / "provenance.json").read_bytes()
        for name, digest in json.loads(told)["files_sha256"].items():
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
                return "half"
    except (OSError, ValueError, KeyError):
        return "half"
    return hashlib.sha256(told).hexdigest()


def struck(verb: str, folder: Path, sign: int, after: float) -> dict[str, Any]:
    """Run a verb in a child, send it a signal after so many seconds, and look how it ended."""
    held = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS[:2])  # until the verb is begun
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os._exit(_run(verb, folder))
    signal.pthread_sigmask(signal.SIG_SETMASK, held)
    time.sleep(after)
    found: dict[str, Any] = {"ended": True}
    os.kill(child, sign)  # which is there until it is waited for
    status = _waited(child)
    if status is None:
        found["ended"] = False
        os.killpg(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
    code = os.waitstatus_to_exitcode(status)
    found["how"] = HOW.get(code, f"signal {-code}" if code < 0 else f"code {code}")
    found["short"], found["raised"] = code == SILENT, code == RAISED
    found["orphans"] = _group_lives(child)
    return found


SILENT, RAISED = 3, 4
HOW = {0: "done", 1: "part, told", 2: "stopped", SILENT: "PART, SILENT", RAISED: "RAISED"}


def _run(verb: str, folder: Path) -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS[:2])
            _, draws = VERBS[verb](folder)
    except KeyboardInterrupt:
        return 2
    except BaseException as error:
        print(f"{verb}: {type(error).__name__}: {error}", file=sys.stderr)
        return RAISED
    told = any("interrupted after" in str(warning.message) for warning in heard)
    return (1 if told else SILENT) if draws < DRAWS else 0


def _waited(child: int) -> int | None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.01)
    return None


def _group_lives(group: int, within: float = 4.0) -> bool:
    """Whether a process of the group is still there after a while."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    return True


def strike(verb: str, sign: int, share: float, seconds: float, right: Any, old: str | None) -> Any:
    """One strike, and everything that is asked of what it left."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if old == "there":
            kn.report(OWN, [], folder / "study")
        before = whole(folder / "study")
        found = struck(verb, folder, sign, share * seconds)
        if verb == "report":
            there = (folder / "study").exists()
            found["half"] = there and whole(folder / "study") not in {before, right}
        found["again"] = VERBS[verb](folder)[0] != right
        found["litter"] = any(path.name.endswith(".part") for path in folder.rglob("*"))
    return {"verb": verb, "signal": signal.Signals(sign).name, **found}


def struck_often(strikes: int, seed: int) -> pd.DataFrame:
    """So many strikes, verbs and signals in turn, moments drawn."""
    rng = np.random.default_rng(seed)
    right, seconds, rows = {}, {}, []
    for name, verb in VERBS.items():
        with tempfile.TemporaryDirectory() as place:
            verb(Path(place))  # compiles
        with tempfile.TemporaryDirectory() as place:
            start = time.monotonic()
            right[name] = verb(Path(place))[0]
            seconds[name] = time.monotonic() - start
    for k in range(strikes):
        verb = [*VERBS][k % len(VERBS)]
        sign = SIGNALS[k // len(VERBS) % len(SIGNALS)]
        old = "there" if verb == "report" and rng.random() < 0.5 else None
        rows.append(strike(verb, sign, rng.random(), seconds[verb], right[verb], old))
    return pd.DataFrame(rows)


# ------------------------------------------------------------- worker processes, and caches

ENSEMBLE = """
import sys, joblib, numpy as np, klasternet as kn
network, _ = kn.datasets.planted(40, 4, contrast=8, noise=0.6, seed=1)
clusters = kn.detect(network, seed=0)
print("ready", flush=True)
try:
    with joblib.parallel_config(backend="loky"):
        tested = kn.significance(clusters, {draws}, seed=1, n_jobs=2)
    print("draws", tested.draws, tested.pvalue, flush=True)
except kn.errors.KlasternetError as error:
    print("told", error, flush=True)
"""
# Megabytes of each piece of work: what a worker hands back is nearly always under way.
LARGE = """
import joblib, klasternet as kn
from klasternet.repetition import repeat
def work(rng, k):
    return rng.bytes(4_000_000)
print("ready", flush=True)
try:
    with joblib.parallel_config(backend="loky"):
        print("draws", len(repeat(work, {draws}, 0, n_jobs=2)), flush=True)
except kn.errors.KlasternetError as error:
    print("told", error, flush=True)
"""


def children(of: int) -> list[tuple[int, str]]:
    """Processes below one, and what they were called with (Linux)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            above = int(entry.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            called = entry.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (OSError, ValueError):
            continue
        if above == of:
            found.append((int(entry.name), called))
    return found


def ensemble(
    whom: str, sign: int, wait: float, draws: int = 4000, code: str = ENSEMBLE
) -> dict[str, Any]:
    """An ensemble in two processes; the master is struck, or one worker, a while after they are
    started: within a second or so they have not yet been told what to do."""
    code = code.format(draws=draws)
    with tempfile.TemporaryFile("w+") as told:
        with subprocess.Popen([sys.executable, "-c", code], stdout=told, stderr=told) as master:
            workers: list[int] = []
            while len(workers) < 2 and master.poll() is None:
                known = children(master.pid)
                workers = [pid for pid, called in known if "--process-name" in called]
                time.sleep(0.01)
            time.sleep(wait)
            had = _seconds(workers)
            os.kill(master.pid if whom == "master" else workers[0], sign)
            start = time.monotonic()
            try:
                master.wait(4 * PATIENCE)
                ended = f"{time.monotonic() - start:.0f} s"
            except subprocess.TimeoutExpired:
                ended = "NEVER"
                master.kill()
        start = time.monotonic()
        while _alive(workers) and time.monotonic() < start + 4 * PATIENCE:
            time.sleep(0.1)
        told.seek(0)
        said = told.read()
    counted = f"draws {draws}" in said or "told " in said
    return {
        "struck": whom,
        "signal": signal.Signals(sign).name,
        "worker had": f"{had:.1f} s",
        "ended after": ended,
        "said": said.partition("told ")[2].strip()[:60],
        "silent": whom == "worker" and not counted,
        "orphans": len(_alive(workers)),
        "gone after": f"{time.monotonic() - start:.0f} s",
    }


def _seconds(processes: list[int]) -> float:
    """Processor time of the one that has had least."""
    ticks = []
    for pid in _alive(processes):
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks.append(int(words[11]) + int(words[12]))
    return min(ticks, default=0) / os.sysconf("SC_CLK_TCK")


def _alive(processes: list[int]) -> list[int]:
    return [pid for pid in processes if Path(f"/proc/{pid}").exists()]


COLD = """
import klasternet as kn
network, _ = kn.datasets.planted(30, 3, contrast=8, noise=0.5, seed=1)
print(kn.detect(network, seed=0).labels.tolist())
"""


def cache(rng: np.random.Generator, kills: int = 3) -> dict[str, Any]:
    """The first runs of all are killed while they compile; the next must give the answer."""
    command = [sys.executable, "-W", "error::UserWarning", "-c", COLD]
    network, _ = kn.datasets.planted(30, 3, contrast=8, noise=0.5, seed=1)
    right = kn.detect(network, seed=0).labels.tolist()
    kept = []
    with tempfile.TemporaryDirectory() as place:
        env = {**os.environ, "NUMBA_CACHE_DIR": place}
        for _ in range(kills):
            with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as first:  # fmt: skip
                time.sleep(rng.uniform(0, PATIENCE))
                first.kill()
            kept.append(len([*Path(place).rglob("*.nbc")]))
        done = subprocess.run(command, env=env, capture_output=True, text=True)
    same = done.stdout.strip() == str(right)
    return {"kernels kept": kept, "answer": same, "said": done.stderr[-200:]}


def network(folder: Path) -> tuple[Any, int]:
    NETWORK.write(folder / "flows.csv")
    return hashlib.sha256((folder / "flows.csv").read_bytes()).hexdigest(), DRAWS


def disk(verb: Callable[[Path], tuple[Any, int]], share: float, right: Any) -> dict[str, Any]:
    """A verb on a disk that holds an older answer, or none, and then only so much of the new."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "none", place], check=True)
        try:
            verb(folder)
            used = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            if share < 0.5 or verb is significance:  # it would find all done
                for path in sorted(folder.rglob("*"), reverse=True):
                    path.rmdir() if path.is_dir() else path.unlink()
            before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
            full = folder / "full"
            room = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
            full.write_bytes(bytes(room - int(used * share) // 4096 * 4096))
            told = "nothing"
            try:
                verb(folder)
            except kn.KlasternetError as error:
                told = str(error)
            full.unlink()
            files = [path for path in folder.rglob("*") if path.is_file()]
            kept = {path: path.read_bytes() for path in files if path in before} == before
            litter = [path.name for path in files if path.name.startswith(".")]
            again = verb(folder)[0] == right
        finally:
            subprocess.run(["umount", place], check=True)
    cut = told.replace(place, "FOLDER")[:90]
    return {"verb": verb.__name__, "room": f"{share:.0%}", "said": cut, "old one kept": kept,
            "litter": litter, "again": again}  # fmt: skip


def full_disks(disks: int, rng: np.random.Generator) -> None:
    right = {}
    for k in range(disks):
        verb = (report, network, significance)[k % 3]
        with tempfile.TemporaryDirectory() as place:
            right.setdefault(verb, verb(Path(place))[0])
        print(disk(verb, rng.uniform(0, 0.95), right[verb]), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strikes", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=12)
    for what, number in (("--large", 12), ("--caches", 4), ("--disks", 9)):
        parser.add_argument(what, type=int, default=number)
    given = parser.parse_args()
    warnings.simplefilter("ignore", kn.KlasternetWarning)
    if given.strikes:
        found = struck_often(given.strikes, given.seed).fillna({"half": False})
        print(pd.crosstab(found["verb"], [found["signal"], found["how"]]).to_string())
        faults = ["short", "raised", "orphans", "half", "litter", "again"]
        counts = {"not ended": int((~found["ended"]).sum())}
        counts |= {fault: int(found[fault].astype(bool).sum()) for fault in faults}
        print(f"\n{len(found)} strikes:", counts)
        bad = found[found[faults].astype(bool).any(axis=1) | ~found["ended"]]
        if len(bad):
            print(bad.to_string())
    rng = np.random.default_rng(given.seed)
    for k in range(given.processes):
        whom = ("worker", "master")[k % 2]
        sign = signal.SIGKILL if whom == "worker" else SIGNALS[k // 2 % 3]
        print(ensemble(whom, sign, rng.uniform(0, 4)), flush=True)
    for _ in range(given.large):
        struck = ensemble("worker", signal.SIGKILL, rng.uniform(0.5, 1.5), 2000, LARGE)
        print("megabytes under way:", struck, flush=True)
    for _ in range(given.caches):
        print(cache(rng), flush=True)
    full_disks(given.disks, rng)


if __name__ == "__main__":
    main()
