"""514 districts and cities of Indonesia by 17 sections: special in what, concentrated, lacking.

    python examples/indonesian_districts.py DATA

DATA holds indonesia_pdrb_kabkota_2013_2019 (value added of districts, published by
BPS-Statistics Indonesia; in the GitHub repository fawdywahyu18/regional-analysis) and
wiod2013_niot_indonesia (the nation's table of 2011; World Input-Output Database, 2013 release).
Value added is money: quotients come without intervals. The files have no coordinates, so that
the neighbours of a district are the others of its province.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from province_from_nation import SECTIONS

import klasternet as kn

CHAIN = {"A": "agro-food", "C": "agro-food", "I": "agro-food"}  # farms, factories, restaurants


def districts(data: Path, year: int = 2016) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Value added, districts x sections, and names and provinces of the districts."""
    file = data / "indonesia_pdrb_kabkota_2013_2019" / "pdrb_constant_2010_prices.csv.gz"
    rows = pd.read_csv(file).query(f"year == {year} and level == 'kabkota'").set_index("region_id")
    province = rows["province"].str.removeprefix("Provinsi ")
    where = pd.DataFrame({"region": rows["region"] + ", " + province, "province": province})
    return rows[list(SECTIONS)], where


def nation(data: Path) -> kn.IOTable:
    """Indonesia 2011, domestic flows and imports apart, 35 industries added up to 17 sections.

    Electricity, gas and water are one industry there; half goes to each of the sections D and E.
    """
    table = kn.read_table(
        data / "wiod2013_niot_indonesia" / "IDN_NIOT_1995_2011.xlsx", sheet="2011", names="code"
    )
    pairs = [(code, section, 1.0) for section, codes in SECTIONS.items() for code in codes]
    concordance = pd.DataFrame(pairs, columns=["industry", "section", "share"])
    return table.aggregate(concordance, weight="share")


def specialised(added: pd.DataFrame, where: pd.DataFrame) -> pd.DataFrame:
    """The district with the highest quotient in each section."""
    lq = kn.location_quotients(added, level=None)["lq"].unstack()  # noqa: PD010
    return pd.DataFrame(
        {"district": where["region"][lq.idxmax()].to_numpy(), "lq": lq.max().to_numpy()}, lq.columns
    )


def hot_provinces(added: pd.DataFrame, where: pd.DataFrame) -> pd.DataFrame:
    """Provinces whose districts together have high quotients of a section (G*)."""
    lq = kn.location_quotients(added, level=None)["lq"].unstack()  # noqa: PD010
    same = where["province"].to_numpy()[:, None] == where["province"].to_numpy()
    weights = pd.DataFrame(same & ~np.eye(len(same), dtype=bool), added.index, added.index)
    found = kn.local_g(lq, weights.astype(float)).reset_index()
    found["province"] = where["province"][found["region_id"]].to_numpy()
    hot = found[found["verdict"] == "hot"].sort_values("z", ascending=False)
    one = hot.drop_duplicates(["cluster", "province"]).rename(columns={"cluster": "section"})
    return one.groupby("section").head(3).set_index("section")[["province", "z"]].sort_index()


def lacking(added: pd.DataFrame, where: pd.DataFrame, table: kn.IOTable) -> pd.DataFrame:
    """Members of the agro-food chain that districts with the chain have too little of."""
    clusters = chain(table)
    out = kn.opportunities(clusters, added, imports=table.imports)
    out.insert(0, "district", where["region"][out.index.get_level_values(0)].to_numpy())
    return out.sort_values("supply_gap", ascending=False)


def chain(table: kn.IOTable) -> kn.Clusters:
    network = kn.FlowNetwork.from_table(table)
    return kn.Clusters.from_labels(network, [CHAIN.get(name) for name in network.industries])


def main(data: Path) -> None:
    added, where = districts(data)
    table = nation(data)
    print("Most specialised district by section\n", specialised(added, where).round(1), sep="")
    measures = ["krugman", "theil", "equivalent_number"]
    spread = kn.concentration(added)[measures].sort_values("krugman", ascending=False)
    print("\nConcentration of sections\n", spread.round(2), sep="")
    print("\nHot provinces\n", hot_provinces(added, where).round(1), sep="")
    print("\nClusters that the nation's table shows in 17 sections\n")
    print(kn.detect(kn.FlowNetwork.from_table(table), seed=1))
    print("\nSo the agro-food chain is taken as given: farming, manufacturing, hotels and food")
    clusters = chain(table)
    print(kn.density(clusters)[["contrast", "contrast_low", "contrast_high"]].round(2))
    print(kn.coagglomeration(clusters, added, seed=1).round(4).T)
    best = lacking(added, where, table)
    print(f"\nLargest of {len(best)} gaps in it, {table.unit}")
    shown = best.reset_index("industry")[["district", "industry", "lq", "need", "supply_gap"]]
    print(shown.head(8).round(2).to_string(index=False))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(0)
    main(Path(sys.argv[1]))
