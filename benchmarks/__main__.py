"""All benchmarks, one after another, each with the command that runs it alone.

    python -m benchmarks --generator FILE --data FOLDER

or with $KLASTERNET_GENERATOR and $KLASTERNET_DATA set. What needs one that is not given is left
out, and said so. About an hour.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNS = (
    "startup",
    "dense speed --generator {generator}",
    "dense profile --generator {generator}",
    "dense large --generator {generator} --case mr2500",
    "sparse {generator} firm1e5",
    "growth --generator {generator}",
    "regression --generator {generator}",
    "backend",
    "accounts --data {data}",
    "geography --data {data}",
    "linkages --data {data}",
    "dense published --data {data}",
    "dense made --generator {generator}",
    "definitions --data {data}",
    "recovery clusters",
    "recovery large",
    "recovery rest",
    "recovery alarms",
    "certificate nations --data {data}",
    "certificate tables --data {data}",
    "certificate igraph --data {data}",
    "certificate_large --data {data} --seconds 30",
    "significance calibration --economies 100 --draws 39",
    "significance power --draws 39",
    "significance speed --data {data}",
    "stability seeds",
    "stability years --data {data}",
    "resolution levels",
    "resolution profile --data {data}",
    "literature --data {data}",
    "legibility --data {data}",
    "figures --data {data}",
    "audit --data {data} --seeds 1",
    "choices --data {data}",
    "exactness bounds --instances 10000",
    "exactness labels",
    "faults --strikes 20 --processes 0 --caches 0",
    "fuzzing --data {data} --n 2000",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--generator", default=os.environ.get("KLASTERNET_GENERATOR"))
    parser.add_argument("--data", default=os.environ.get("KLASTERNET_DATA"))
    given = vars(parser.parse_args())
    failed = []
    for run in RUNS:
        print(f"\n$ python -m benchmarks.{run}", flush=True)
        lacking = [name for name, value in given.items() if f"{{{name}}}" in run and not value]
        if lacking:
            print(f"left out: needs --{lacking[0]}")
            continue
        room, *options = (part.format(**given) for part in run.split())
        command = [sys.executable, "-m", f"benchmarks.{room}", *options]
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        if subprocess.run(command, cwd=ROOT, env=dict(os.environ, PYTHONPATH=path)).returncode:
            failed.append(run)
    if failed:
        raise SystemExit(f"failed: {'; '.join(failed)}")


if __name__ == "__main__":
    main()
