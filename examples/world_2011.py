"""Whose value added is in the world's exports: 41 countries, 35 industries, 2011.

    python examples/world_2011.py DATA [COUNTRY]

DATA holds the folder wiod2013_2011: the World Input-Output Database, release 2013 (Timmer and
others 2015), as Z.csv.gz, final_demand.csv.gz and nodes.csv; `klasternet.read_table` reads the
published workbooks of WIOD too. COUNTRY is a code such as IDN, which is taken if it is left out.

Exports are followed through the flows within each country. What they do not hold of the country's
own value added (with taxes and margins, which this release has in one row) they hold of inputs
from abroad, so that the two add up to exports, country by country and for the world.
"""

import sys
from pathlib import Path

import pandas as pd

import klasternet as kn


def by_country(table: kn.IOTable) -> pd.DataFrame:
    """Exports of each country taken apart; the countries are the clusters."""
    network = kn.FlowNetwork.from_table(table)
    role = kn.export_role(kn.Clusters.from_labels(network, table.region), table)
    return role[["exports", "domestic_value_added", "imports_in_exports", "domestic_share"]]


def chains(table: kn.IOTable, country: str) -> pd.DataFrame:
    """Industries of a country that export most, and what share of it is imported inputs."""
    own = kn.vertical_specialisation(table).loc[table.region == country]
    return own.nlargest(6, "exports")


def main(data: Path, country: str = "IDN") -> None:
    table = kn.read_table(data / "wiod2013_2011")
    role = by_country(table)
    total = role[["exports", "domestic_value_added", "imports_in_exports"]].sum() / 1e6
    print("World exports, trillion USD\n", total.round(3).to_string(), sep="")
    ordered = role.sort_values("domestic_share")
    print("\nLeast and most of their exports made at home")
    print(pd.concat([ordered.head(4), ordered.tail(4)]).round(3).to_string())
    print(f"\n{country}\n", chains(table, country).round(3).to_string(), sep="")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        sys.exit(0)
    main(Path(sys.argv[1]), *sys.argv[2:])
