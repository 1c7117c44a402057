"""How time and memory grow: 10,000 to 10 million flows, and 50 to 9,800 industries.

    python -m benchmarks.growth --generator FILE [--plot growth.png] [--most 1e7] [--widest 9800]

FILE as in `sparse` and `dense`. Every point is a process of its own, after a warm-up: processor
seconds from edges (a pandas frame) or from the matrix to clusters, the network included, and the
most memory held above the input. Exponents are fitted by least squares on logarithms, and again
for time over flows x log(flows), which should be about 0.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

FLOWS = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
INDUSTRIES = {  # regions and sectors of each
    50: (1, 50), 200: (4, 50), 800: (16, 50), 2500: (50, 50), 5000: (50, 100), 9800: (49, 200),
}  # fmt: skip
SMALLEST = 16e6  # bytes; less comes out of what the warm-up has left
OPTIONS: dict[str, Any] = {
    "measure": "flow", "null": "configuration", "resolution": 1.0, "support": 0, "contrast": 0,
    "seed": 0,
}  # fmt: skip


def held(what: str) -> int:
    """Bytes held now (VmRSS) or at most so far (VmHWM)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(what))


def point(generator: Path, kind: str, size: int) -> dict[str, float]:
    """One point, in this process."""
    import pandas as pd

    import klasternet as kn

    spec = importlib.util.spec_from_file_location("generator", generator)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def edges(flows: int) -> Any:
        source, target, weight, _ = module.firms(max(flows // 10, 100), flows, 20)
        return pd.DataFrame({"source": source, "target": target, "weight": weight})

    def table(n: int) -> Any:
        regions, sectors = INDUSTRIES[n]
        return module.dense(regions, sectors, min(5, sectors), 13)[0]

    def run(given: Any) -> Any:
        build = kn.FlowNetwork.from_edges if kind == "flows" else kn.FlowNetwork.from_matrix
        return kn.detect(build(given, loops="keep"), **OPTIONS)

    if kind == "flows":
        for flows in (10_000, 30_000, 250_000):  # the ways that sizes take
            run(edges(flows))
        data = edges(size)
        count = len(data)
    else:
        run(table(50))
        rng = np.random.default_rng(0)
        run(rng.random((2001, 2001)))
        data = table(size)
        count = size
    ctypes.CDLL(None).malloc_trim(0)  # what earlier work has freed is not held any more
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins here
    before = held("VmRSS")
    start = time.process_time()
    clusters = run(data)
    spent = time.process_time() - start
    return {
        "size": count, "seconds": spent, "bytes": held("VmHWM") - before,
        "Q": clusters.objective_value, "clusters": len(clusters),
    }  # fmt: skip


def exponent(size: np.ndarray, value: np.ndarray) -> float:
    """Slope of the logarithms."""
    return float(np.polyfit(np.log(size), np.log(value), 1)[0])


def series(generator: Path, kind: str, sizes: list[int]) -> dict[str, np.ndarray]:
    """All points of one kind, printed as they come."""
    print(
        f"\n{kind:>12}{'s':>10}{'MB':>10}{'ns each':>10}{'bytes each':>12}{'Q':>10}{'clusters':>10}"
    )
    rows = []
    for size in sizes:
        command = [
            sys.executable, "-m", "benchmarks.growth", "--generator", str(generator),
            "--point", kind, str(size),
        ]  # fmt: skip
        found = subprocess.run(command, capture_output=True, text=True, check=True)
        row = json.loads(found.stdout.splitlines()[-1])
        row["bytes"] = max(row["bytes"], 1.0)
        each = row["size"] if kind == "flows" else row["size"] ** 2
        print(
            f"{row['size']:12,.0f}{row['seconds']:10.3f}{row['bytes'] / 1e6:10.1f}"
            f"{1e9 * row['seconds'] / each:10.0f}{row['bytes'] / each:12.1f}{row['Q']:10.5f}"
            f"{row['clusters']:10,.0f}",
            flush=True,
        )
        rows.append(row)
    out = {key: np.array([row[key] for row in rows], dtype=float) for key in rows[0]}
    cells = out["size"] if kind == "flows" else out["size"] ** 2
    what = "flows" if kind == "flows" else "cells"
    far = cells >= cells.max() / 1e3  # below, what a call costs in any case counts
    slope = exponent(cells[far], out["seconds"][far])
    over = exponent(cells[far], out["seconds"][far] / (cells * np.log(cells))[far])
    held_ = far & (out["bytes"] > SMALLEST)
    room = exponent(cells[held_], out["bytes"][held_]) if held_.sum() > 1 else np.nan
    print(
        f"exponent over {what}, the largest {int(far.sum())} points: time {slope:.2f} "
        f"({over:+.2f} over {what} x log), memory {room:.2f}"
    )
    out["cells"] = cells
    return out


def draw(found: dict[str, dict[str, np.ndarray]], path: Path) -> None:
    """Time and memory over flows or cells, both axes logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(7.2, 2.9), layout="constrained")
    marks = {"flows": ("o", "firms, sparse"), "industries": ("s", "industries, dense")}
    for kind, data in found.items():
        mark, name = marks[kind]
        room = np.where(data["bytes"] > SMALLEST, data["bytes"] / 1e6, np.nan)
        for ax, value in zip(axes, (data["seconds"], room), strict=True):
            (line,) = ax.loglog(data["cells"], value, mark + "-", ms=4, lw=1, label=name)
            ideal = data["cells"] * np.log(data["cells"])
            ideal = ideal * value[-1] / ideal[-1]
            ax.loglog(data["cells"], ideal, ":", lw=0.8, color=line.get_color())
    for ax, label in zip(axes, ("processor seconds", "MB above the input"), strict=True):
        ax.set(xlabel="flows, or cells of the table", ylabel=label)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].legend(frameon=False, title="dotted: linear times log", title_fontsize=8, fontsize=8)
    figure.savefig(path, dpi=200)
    print(f"drawn: {path}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--generator", type=Path, default=os.environ.get("KLASTERNET_GENERATOR"))
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--most", type=float, default=1e7)
    parser.add_argument("--widest", type=int, default=9800)
    parser.add_argument("--point", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.generator is None:
        parser.error("needs --generator")
    if given.point:
        print(json.dumps(point(Path(given.generator), given.point[0], int(given.point[1]))))
        return
    found = {
        "flows": series(given.generator, "flows", [m for m in FLOWS if m <= given.most]),
        "industries": series(
            given.generator, "industries", [n for n in INDUSTRIES if n <= given.widest]
        ),
    }
    if given.plot:
        draw(found, given.plot)


if __name__ == "__main__":
    main()
