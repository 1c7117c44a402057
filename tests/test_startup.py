"""Compiled code: cached for the user where the package may not be written, and dispensable."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import klasternet

ROOT = Path(klasternet.__file__).resolve().parents[1]
# A place that may not be written, also for root: what numba tries is refused.
READ_ONLY = """
import errno, tempfile
import numpy as np
allowed = tempfile.TemporaryFile
def refuse(*given, dir=None, **options):
    if dir is not None and "klasternet" in str(dir) and not str(dir).startswith(CACHE):
        raise PermissionError(errno.EACCES, "read-only", str(dir))
    return allowed(*given, dir=dir, **options)
tempfile.TemporaryFile = refuse
from klasternet.kernels.louvain import row_totals
print(row_totals(np.array([0, 2]), np.ones(2), False)[0], row_totals.stats.cache_path)
print(sum(row_totals.stats.cache_hits.values()))
"""
ANSWER = """
import klasternet as kn
network = kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"))
clusters = kn.detect(network, resolution=0.2, support=0, contrast=0, seed=0)
print(clusters.partition.tolist(), round(kn.objective(clusters), 9), clusters.certificate)
money = kn.detect(network, measure="flow", resolution=1, support=0, contrast=0, seed=0)
print(money.partition.tolist(), round(kn.objective(money), 9))
def score(inside, sold, bought, size, total, n):
    return inside / total - sold * bought / total**2
print(kn.detect(network, "own_objective", score=score, seed=0).partition.tolist())
import networkx as nx
print(nx.community.louvain_communities(nx.karate_club_graph(), seed=0, backend="klasternet"))
from klasternet.dendrograms import recent_networkx
metric = {"metric": "modularity"} if recent_networkx() else {}
given = metric | {"seed": 0, "backend": "klasternet"}
print(nx.community.leiden_communities(nx.karate_club_graph(), **given))
"""


def said(code: str, **settings: str) -> str:
    """What a fresh interpreter prints."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")} | settings
    env["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), env.get("PYTHONPATH"))))
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "RuntimeWarning" not in done.stderr, done.stderr
    return done.stdout.strip()


def test_a_read_only_package_is_cached_for_the_user(tmp_path):
    code = f"CACHE = {str(tmp_path)!r}\n" + READ_ONLY
    for hits in ("0", "1"):
        answer, found = said(code, XDG_CACHE_HOME=str(tmp_path), HOME=str(tmp_path)).split("\n")
        assert answer.startswith(f"2.0 {tmp_path}")
        assert found == hits  # the second process loads what the first one compiled
    assert list(tmp_path.rglob("*.nbi"))


def test_answers_without_compiling():
    assert said(ANSWER, NUMBA_DISABLE_JIT="1") == said(ANSWER)
