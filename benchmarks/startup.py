"""Start-up: what a fresh process waits for, with machine code cached and the very first time.

    python -m benchmarks.startup [--repeats 5] [--cold 3]

Every figure is a process of its own. "Warm" finds the compiled kernels in numba's cache, "cold"
has an empty one (NUMBA_CACHE_DIR points to a new folder). Whole: from starting the interpreter
to its end; detect: the first call alone, with the table at hand. Kernels: those of the first
detect, then those of the first network diagram.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
DETECT = """
import time, klasternet as kn
network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
start = time.perf_counter()
clusters = kn.detect(network, seed=0)
print(time.perf_counter() - start)
"""
KERNELS = """
import json, time
from numba.core import caching, event
open_, spent, loading = [], {}, [0.0, 0]

class Compiling(event.Listener):
    def on_start(self, what):
        function = what.data["dispatcher"].py_func
        name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        open_.append([name, time.process_time(), 0.0])

    def on_end(self, what):
        name, start, inner = open_.pop()
        whole = time.process_time() - start
        own, calls = spent.get(name, (0.0, 0))
        spent[name] = own + whole - inner, calls + 1
        if open_:
            open_[-1][2] += whole

load = caching.Cache.load_overload
def noted(self, *given):
    start = time.process_time()
    found = load(self, *given)
    loading[0] += time.process_time() - start
    loading[1] += found is not None
    return found

caching.Cache.load_overload = noted
event.register("numba:compile", Compiling())
import matplotlib
matplotlib.use("Agg")
import klasternet as kn
said = []
network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
clusters = kn.detect(network, seed=0)
said.append([dict(spent), list(loading)])
spent.clear()
loading[:] = 0.0, 0
kn.draw_network(clusters)
said.append([dict(spent), list(loading)])
print(json.dumps(said))
"""


def run(code: str, cache: str | None = None, options: tuple[str, ...] = ()) -> tuple[float, str]:
    """Seconds that a fresh interpreter takes for some code, and what it says."""
    settings = dict(os.environ, PYTHONPATH=str(ROOT))
    if cache:
        settings["NUMBA_CACHE_DIR"] = cache
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *options, "-c", code],
        env=settings, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return time.perf_counter() - start, done.stdout if not options else done.stderr


def modules(top: int = 14) -> list[tuple[str, float, float]]:
    """Packages by the time their import takes in the warm process: name, seconds, share."""
    spent: dict[str, float] = {}
    for line in run(DETECT, options=("-X", "importtime"))[1].splitlines():
        if line.startswith("import time:") and "|" in line and "self" not in line:
            own, _, name = line.removeprefix("import time:").split("|")
            package = name.strip().split(".")[0]
            spent[package] = spent.get(package, 0.0) + int(own) / 1e6
    whole = sum(spent.values())
    rows = sorted(spent.items(), key=lambda item: -item[1])
    return [("all imports", whole, 1.0), *((k, v, v / whole) for k, v in rows[:top])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--cold", type=int, default=3)
    given = parser.parse_args()
    wholes = {
        "bare interpreter": "",
        "import klasternet": "import klasternet",
        "import numpy, pandas": "import numpy, pandas",
        "import numba": "import numba",
        "warm: first detect, whole process": DETECT,
    }
    run(DETECT)  # fills the cache
    spent: dict[str, list[float]] = {name: [] for name in wholes}
    first: list[float] = []
    for _ in range(given.repeats):
        for name, code in wholes.items():
            seconds, said = run(code)
            spent[name].append(seconds)
            if code is DETECT:
                first.append(float(said))
    spent["warm: first detect alone"] = first
    cold: list[tuple[float, float]] = []
    for _ in range(given.cold):
        with tempfile.TemporaryDirectory() as folder:
            seconds, said = run(DETECT, folder)
            cold.append((seconds, float(said)))
    spent["cold: first detect, whole process"] = [whole for whole, _ in cold]
    spent["cold: first detect alone"] = [alone for _, alone in cold]
    bare = median(spent["bare interpreter"])
    print(f"seconds, medians of {given.repeats} (cold: {given.cold}) fresh processes")
    print(f"{'':38}{'median':>8}{'over bare':>11}{'least':>8}{'most':>8}")
    for name, each in spent.items():
        over = median(each) - (0.0 if "alone" in name else bare)
        print(f"{name:38}{median(each):8.3f}{over:11.3f}{min(each):8.3f}{max(each):8.3f}")
    print("\nimports of the warm process, seconds by package (measured, so slower than unmeasured)")
    for name, seconds, share in modules():
        print(f"  {name:24}{seconds:8.3f}{share:8.0%}")
    with tempfile.TemporaryDirectory() as folder:
        cold_parts = json.loads(run(KERNELS, folder)[1])
        warm_parts = json.loads(run(KERNELS, folder)[1])
    for what, (kernels, _), (_, (seconds, count)) in zip(
        ("first detect", "first draw_network"), cold_parts, warm_parts, strict=True
    ):
        every = sum(own for own, _ in kernels.values())
        print(f"\n{what}, processor seconds: loading {count} kernels from the cache {seconds:.2f}")
        print(f"compiling them the first time {every:.2f}, of which each kernel's own part")
        for name, (own, calls) in sorted(kernels.items(), key=lambda item: -item[1][0]):
            print(f"  {name:24}{own:8.2f}{own / every:8.0%}  {calls} signature(s)")


if __name__ == "__main__":
    main()
