"""Accounts of Germany 1995 in six branches: linkages, jobs and imports behind a euro of demand.

Run it anywhere: `python germany_1995.py [FOLDER]` writes germany-1995.csv. The table is the worked
example of the Eurostat manual (2008) and comes with klasternet. Which industries are key, what
demand carries, how far from final use they stand, and what the economy would lose without each.
"""

import sys
from pathlib import Path

import pandas as pd

import klasternet as kn


def accounts(table: kn.IOTable) -> pd.DataFrame:
    """One row for each industry."""
    links = kn.key_industries(table)
    demand = {
        f"{of} per unit": kn.multipliers(table, of)["effect"]
        for of in ("output", "value added", "imports")
    }
    jobs = kn.multipliers(table, ["Employees", "Self-employed"])
    return pd.DataFrame(
        {
            "kind": links["kind"],
            "power": links["power"],
            "sensitivity": links["sensitivity"],
            **demand,
            "jobs per million EUR": 1000 * jobs["effect"],  # the table has them in thousands
            "jobs multiplier": jobs["type_i"],
            "upstreamness": kn.upstreamness(table),
            "lost without it, %": 100 * kn.extract(table).table["loss_share"],
            "imports in its exports, %": 100 * kn.vertical_specialisation(table)["import_content"],
        }
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    accounts(kn.datasets.load("germany_1995")).to_csv(folder / "germany-1995.csv")
    print(folder / "germany-1995.csv")
