"""The United Kingdom's published multipliers of 2010, computed again from its table.

    python examples/uk_2010.py DATA

DATA holds the folder uk_2010_127, the Input-Output Analytical Tables 2010 of the Office for
National Statistics, 127 products, as shipped with the R package iotables (cran/iotables on GitHub):
siot_domestic.csv.gz, imports.csv.gz and, to compare with, leontief_inverse.csv.gz and
published_multipliers.csv.
"""

import sys
from pathlib import Path

import pandas as pd

import klasternet as kn

PUBLISHED = {  # heading in published_multipliers.csv: account, column of kn.multipliers
    "Output multiplier": ("output", "effect"),
    "Employment cost effects": ("Wages", "effect"),
    "Employment cost multiplier": ("Wages", "type_i"),
    "GVA effects": ("value added", "effect"),
    "GVA multiplier": ("value added", "type_i"),
}


def read(data: Path) -> tuple[kn.IOTable, pd.DataFrame, pd.DataFrame]:
    """The table, and the published inverse and multipliers in its order."""
    folder = data / "uk_2010_127"
    table = kn.read_table(folder)
    inverse = pd.read_csv(folder / "leontief_inverse.csv.gz", index_col=0)
    printed = pd.read_csv(folder / "published_multipliers.csv").set_index("uk_row_label")
    # The published names have a control character where a dash was meant; the reader mends it.
    printed.index = printed.index.str.replace(r"\s*[\x00-\x1f]+\s*", " – ", regex=True)
    return table, inverse.iloc[: table.n, : table.n], printed.loc[table.industries]


def compare(table: kn.IOTable, inverse: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Largest difference to what is published; products without wages have no ratio to them."""
    apart = {"Leontief inverse": (table.n**2, (table.leontief() - inverse.to_numpy()).abs().max())}
    for heading, (account, column) in PUBLISHED.items():
        ours = kn.multipliers(table, account)[column].dropna()
        apart[heading] = (len(ours), (ours - printed.loc[ours.index, heading]).abs())
    return pd.DataFrame(
        {name: {"numbers": n, "largest difference": gap.max()} for name, (n, gap) in apart.items()}
    ).T


def main(data: Path) -> None:
    table, inverse, printed = read(data)
    print(table)
    print(compare(table, inverse, printed).to_string(formatters={"numbers": "{:,.0f}".format}))
    best = kn.multipliers(table)["effect"].nlargest(5)
    print("\nLargest output multipliers\n", best.round(4).to_string(), sep="")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(0)
    main(Path(sys.argv[1]))
