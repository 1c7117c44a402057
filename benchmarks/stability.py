"""How steady, and how fast: stability of clusters, and what evolve makes of years.

python -m benchmarks.stability seeds      how much hangs on the seed, the noise, the resolution
python -m benchmarks.stability speed
python -m benchmarks.stability events     made economies in which one known thing happens
python -m benchmarks.stability years --data FOLDER
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

import klasternet as kn

TIMES, WHEN = 12, 6  # years of a made economy, and the year in which something happens
NEAR = 2  # years by which it may be told early or late
EVENTS = ("nothing", "move", "merge", "split", "birth", "death")


def seeds(args: argparse.Namespace) -> None:
    """Agreement with the clusters as found, and how many members are certain."""
    network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    rows = []
    for resolution in ("auto", 0.5, 0.6, 0.8):
        found = kn.detect(network, seed=0, resolution=resolution)
        for what, more in (
            ("seeds alone", {"noise": 0.0}),
            ("cell noise 10 %", {"noise": 0.1}),
            ("cell noise 30 %", {"noise": 0.3}),
            ("10 %, resolution anew", {"noise": 0.1, "resolution": "auto"}),
        ):
            if "resolution" in more and resolution != "auto":
                continue
            steady = kn.stability(found, draws=args.draws, seed=0, **more)
            rows.append(
                (
                    found.resolution,
                    what,
                    steady.agreement["ari"].mean(),
                    steady.agreement["ari"].quantile(0.025),
                    steady.table["membership"].mean(),
                    steady.table["core"].sum(),
                    int((found.labels >= 0).sum()),
                )
            )
    columns = ["resolution", "draws", "ARI", "low", "membership", "core", "members"]
    print(pd.DataFrame(rows, columns=columns).round(2).to_string(index=False))


def speed(args: argparse.Namespace) -> None:
    """Milliseconds of a draw: all of it, and with the bare partition only."""
    network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    cases = {"as detected": {}, "support=0, contrast=0": {"support": 0, "contrast": 0}}
    found = {name: kn.detect(network, seed=0, **more) for name, more in cases.items()}
    spent: dict[str, list[float]] = {name: [] for name in cases}
    for round_ in range(6):
        for name, clusters in found.items():
            start = time.perf_counter()
            kn.stability(clusters, draws=10, seed=round_)
            if round_:
                spent[name].append((time.perf_counter() - start) * 100)
    for name, ms in spent.items():
        print(f"usa_2022, {name}: {np.median(ms):.0f} ms a draw ({min(ms):.0f} to {max(ms):.0f})")


def made(event: str, rng: np.random.Generator, contrast: float, shaky: float) -> list[np.ndarray]:
    """Flows of every year: sizes and most of the noise last, a little of it is of the year."""
    n = 45
    label = np.repeat([0, 1, 2, 3, -1], [8, 8, 8, 8, 13])
    later = label.copy()
    if event == "move":
        later[0] = 1
    elif event == "merge":
        later[label == 1] = 0
    elif event == "split":
        later[:4] = 9
    elif event == "birth":
        later[-8:] = 9
    elif event == "death":
        later[label == 2] = -1
    size = rng.normal(0, 1.5, n)
    lasting = size[:, None] + size + rng.normal(0, 0.8, (n, n))
    out = []
    for t in range(TIMES):
        now = label if t < WHEN else later
        inside = (now[:, None] == now) & (now >= 0)
        logs = lasting + np.log(contrast) * inside + rng.normal(0, shaky, (n, n))
        np.fill_diagonal(logs, -np.inf)
        out.append(np.exp(logs))
    return out


def events(args: argparse.Namespace) -> None:
    """Events told where none was, and the one event found, by inertia."""
    ways = [("each year by itself", None)] + [(f"inertia {h}", h) for h in args.inertia]
    rows = []
    for name, inertia in ways:
        for event in args.only:
            wrong = right = moves = 0.0
            for seed in range(args.runs):
                rng = np.random.default_rng([seed, EVENTS.index(event)])
                networks = [
                    kn.FlowNetwork.from_matrix(W)
                    for W in made(event, rng, args.contrast, args.shaky)
                ]
                if inertia is None:
                    story = kn.evolve([kn.detect(network, seed=0) for network in networks])
                else:
                    story = kn.evolve(networks, inertia=inertia, seed=0)
                told = story.events[story.events["event"] != "continuation"]
                near = told["time"].between(WHEN - NEAR, WHEN + NEAR)
                hit = near & (told["event"] == event)
                if event == "move":
                    place = story.labels.loc[[0, 1, 8]].T.to_numpy()
                    before, after = place[WHEN - NEAR - 1], place[WHEN + NEAR]
                    right += before[0] == before[1] != after[0] == after[2]
                else:
                    right += hit.any()
                wrong += len(told) - hit.any()
                moves += len(story.moves)
            rows.append((name, event, right / args.runs, wrong / args.runs, moves / args.runs))
    columns = ["way", "what happens", "found", "wrong events", "moves"]
    frame = pd.DataFrame(rows, columns=columns)
    for values in ("found", "wrong events", "moves"):
        shown = frame.pivot_table(values, "way", "what happens", sort=False).round(2)
        print(f"\n{values}\n{shown.to_string()}")


def years(args: argparse.Namespace) -> None:
    """The published series."""
    for name, networks, times in series(args.data):
        alone = kn.evolve([kn.detect(network, seed=0) for network in networks], times)
        start = time.perf_counter()
        story = kn.evolve(networks, times, seed=0)
        spent = time.perf_counter() - start
        for what, one in (("each year by itself", alone), ("evolve", story)):
            told = (one.events["event"] != "continuation").sum()
            lasting = (one.table["times"] == len(times)).sum()
            print(f"{name}, {what}: {told} events, {len(one.moves)} moves, {lasting} clusters last")
        print(f"{spent:.1f} s\n{story}\n")


def series(data: str) -> list[tuple[str, list[kn.FlowNetwork], range]]:
    """National tables of the United States 2000 to 2014 and of Indonesia 1995 to 2011."""
    folder = Path(data)
    usa = [
        kn.FlowNetwork.from_table(kn.read_table(folder / "wiod2016_niot_usa", year=year))
        for year in range(2000, 2015)
    ]
    book = folder / "wiod2013_niot_indonesia" / "IDN_NIOT_1995_2011.xlsx"
    sheets = pd.read_excel(book, sheet_name=None, header=None)
    indonesia = [indonesian(sheets[str(year)]) for year in range(1995, 2012)]
    return [("United States", usa, range(2000, 2015)), ("Indonesia", indonesia, range(1995, 2012))]


def indonesian(page: pd.DataFrame) -> kn.FlowNetwork:
    """Domestic flows of a sheet of the 2013 release: 35 rows and columns from row 7, column E."""
    names = page.iloc[6:41, 1].astype(str).to_numpy()
    W = pd.DataFrame(page.iloc[6:41, 4:39].to_numpy(dtype=float), names, names)
    output = pd.Series(page.iloc[6:41, 45].to_numpy(dtype=float), names)
    return kn.FlowNetwork.from_matrix(W, columns={"output": output}, negatives="aside")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("seeds", "speed", "events", "years"))
    parser.add_argument("--data")
    parser.add_argument("--draws", type=int, default=60)
    parser.add_argument("--runs", type=int, default=6)
    parser.add_argument("--contrast", type=float, default=4.0)
    parser.add_argument("--shaky", type=float, default=0.3)
    parser.add_argument("--only", nargs="+", choices=EVENTS, default=list(EVENTS))
    parser.add_argument("--inertia", type=float, nargs="+", default=[0.0, 0.1, 0.2, 0.3, 0.5])
    args = parser.parse_args()
    globals()[args.what](args)


if __name__ == "__main__":
    main()
