"""U.S. metropolitan areas by cluster: published location quotients reproduced, and how sure.

    python examples/us_metro_areas.py DATA [AREA]

DATA holds us_cluster_mapping/employment_msa_2016.csv.gz: jobs in 917 areas by the clusters of
the U.S. Cluster Mapping Project (Delgado, Porter and Stern 2016); a copy is in the GitHub
repository aousabdo/clustermapping. AREA is a name or part of one; Detroit if it is left out.

The project's quotients compare an area's traded jobs with the nation's traded jobs. The areas are
not the whole nation, so its totals are taken from the published shares of areas in clusters.
"""

import sys
from pathlib import Path

import pandas as pd

import klasternet as kn


def traded(data: Path) -> pd.DataFrame:
    """One row for each area and traded cluster, as published."""
    rows = pd.read_csv(data / "us_cluster_mapping" / "employment_msa_2016.csv.gz")
    return rows[rows["traded"]].set_index(["region_name", "cluster_name"])


def quotients(rows: pd.DataFrame) -> pd.DataFrame:
    """Location quotients with intervals, and those that were published."""
    jobs = rows["emp"].unstack()  # noqa: PD010
    some = rows[rows["emp_share_in_cluster"] > 0]
    nation = (some["emp"] / some["emp_share_in_cluster"]).groupby("cluster_name").median()
    out = kn.location_quotients(jobs, reference=nation)
    return out.assign(published=rows["lq"].reindex(out.index))


def main(data: Path, area: str = "Detroit") -> None:
    out = quotients(traded(data))
    apart = (out["lq"] - out["published"]).abs()
    print(f"{len(out):,} quotients, the largest difference to those published {apart.max():.1e}")
    above, sure = (out["lq"] > 1).sum(), (out["low"] > 1).sum()
    print(f"{above:,} are above 1; {sure:,} of them with the whole interval\n")
    names = out.index.get_level_values("region_name")
    found = names[names.str.contains(area, regex=False)].unique()
    if not len(found):
        sys.exit(f"no area has {area!r} in its name")
    here = out.loc[found[0]].nlargest(8, "lq")
    print(found[0], here[["employment", "lq", "low", "high", "z"]].round(2), sep="\n")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        sys.exit(0)
    main(Path(sys.argv[1]), *sys.argv[2:])
