"""Compute the embedded table usa_2022 from the published BEA tables of 2022 (summary level).

Usage: python -m klasternet.data.make_usa_2022 FOLDER [TARGET]

FOLDER holds the published make, use and import tables (see `klasternet.tables.bea`); TARGET is
where usa_2022.csv and usa_2022_imports.csv are written, by default beside this script. The same
input gives the same bytes. README.md beside this script says what the table is.
"""

import sys
from pathlib import Path

import pandas as pd

from klasternet.tables.bea import read_bea


def make(folder: str | Path, target: str | Path = Path(__file__).parent) -> None:
    """Write the two files of usa_2022."""
    table = read_bea(folder, names="short", negatives="apart", year=2022)
    # One frame: industries and primary inputs against industries and final demand.
    sales = pd.concat([table.flows, table.final_demand, table.output.rename("Output")], axis=1)
    inputs = pd.concat([table.value_added, table.output.rename("Output").to_frame().T])
    write(pd.concat([sales, inputs]), Path(target) / "usa_2022.csv")
    write(table.imports, Path(target) / "usa_2022_imports.csv")


def write(frame: pd.DataFrame, file: Path) -> None:
    """Write whole numbers; rounded twice, so that noise in the last digit decides no tie."""
    whole = frame.round(6).round().astype("Int64")
    whole.to_csv(file, index_label="industry", lineterminator="\n")


if __name__ == "__main__":
    make(*sys.argv[1:])
