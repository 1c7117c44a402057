"""What clusters do for West Java: from the province's table to exports, losses, scores.

    python examples/west_java.py DATA

DATA holds the folder indonesia_province_jawa_barat_52, the table of the provincial office of
BPS-Statistics Indonesia in 52 industries: Z.csv.gz, final_demand.csv, primary_inputs.csv and
sectors.csv. The figures stand in the GitHub repository tinsatriawan/pprk_apps, folder
_YK/Tabel_IO_REDCLUW. Any other table that `klasternet.read_table` reads will do as well.
"""

import sys
from pathlib import Path

import pandas as pd

import klasternet as kn


def read(data: Path) -> tuple[kn.IOTable, kn.Clusters]:
    """The table and its clusters, named A, B, C by the flow inside them."""
    table = kn.read_table(data / "indonesia_province_jawa_barat_52")
    clusters = kn.detect(kn.FlowNetwork.from_table(table), seed=1)
    return table, clusters.rename({k: "ABCDEFGHIJ"[k] for k in range(len(clusters))})


def exports(table: kn.IOTable, clusters: kn.Clusters) -> pd.DataFrame:
    """What each cluster sells outside the province, and what is earned at home with it."""
    role = kn.export_role(clusters, table)
    return role[["export_share", "intensity", "carried_share", "domestic_share", "kind"]]


def multipliers(table: kn.IOTable, clusters: kn.Clusters) -> pd.DataFrame:
    """What a rupiah that final users spend on a cluster carries, in the proportions of today."""
    each = pd.DataFrame(
        {of: kn.multipliers(table, of)["effect"] for of in ("output", "value added", "imports")}
    )
    bought = (table.output - table.flows.sum(axis=1)).clip(0)
    cluster = pd.Series(clusters.labels, table.industries).map(dict(enumerate(clusters.names)))
    spent = each.mul(bought, axis=0).groupby(cluster).sum()
    return spent.div(bought.groupby(cluster).sum(), axis=0)


def losses(table: kn.IOTable, clusters: kn.Clusters) -> pd.DataFrame:
    """Output lost, in % of the province's: without the cluster, its trade with others, its ties."""
    kinds = ("total", "external", "internal")
    return pd.DataFrame(
        {kind: 100 * kn.extract(table, clusters, kind).table["loss_share"] for kind in kinds}
    )


def scores(table: kn.IOTable, clusters: kn.Clusters) -> kn.Scorecard:
    """Rosenfeld's nine factors, of which a table alone can tell two; a survey would tell more."""
    return kn.scorecard(clusters, table=table, reference="clusters", seed=0)


def main(data: Path) -> None:
    table, clusters = read(data)
    print(table.audit(), "\n")
    print(kn.density(clusters)[["contrast", "contrast_low", "contrast_high"]].round(1), "\n")
    short = kn.shorten(table.industries)
    for name in clusters.names:
        print(f"{name}: {'; '.join(short[member] for member in clusters.members(name))}")
    print("\nExports, as shares\n", exports(table, clusters).round(3), sep="")
    print("\nA rupiah of final demand carries\n", multipliers(table, clusters).round(3), sep="")
    print("\nOutput lost, %\n", losses(table, clusters).round(1), sep="")
    print("\n", scores(table, clusters), sep="")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(0)
    main(Path(sys.argv[1]))
