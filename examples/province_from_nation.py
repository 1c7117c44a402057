"""The table of a province from the national one, held against the table the province published.

    python examples/province_from_nation.py DATA

DATA is a folder with wiod2013_2011, indonesia_pdrb_kabkota_2013_2019 and the two BPS tables
indonesia_bps_io17_*_2016. The nation is Indonesia 2011 in WIOD, 35 sectors added up to the 17
sections of BPS; sizes are the value added of sections in 2016. See docs/regional-tables.md.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

import klasternet as kn

PROVINCES = {
    "Sulawesi Selatan": "indonesia_bps_io17_sulawesi_selatan_2016",
    "Kepulauan Riau": "indonesia_bps_io17_kepulauan_riau_2016",
}
METHODS = [
    ("SLQ", 0.0),
    ("CILQ", 0.0),
    ("RLQ", 0.0),
    *[(method, delta) for method in ("FLQ", "AFLQ") for delta in (0.1, 0.2, 0.3, 0.4, 0.5)],
]
# WIOD 2013 (NACE 1) to the sections of KBLI 2009 (ISIC 4), as far as 35 sectors allow: post goes
# with telecommunications to J, computing with business services to MN. Utilities (c17) are two
# sections, D and E, and are split by their national value added.
SECTIONS = {
    "A": ["c1"],
    "B": ["c2"],
    "C": [f"c{k}" for k in range(3, 17)],
    "D": ["c17"],
    "E": ["c17"],
    "F": ["c18"],
    "G": ["c19", "c20", "c21"],
    "H": ["c23", "c24", "c25", "c26"],
    "I": ["c22"],
    "J": ["c27"],
    "K": ["c28"],
    "L": ["c29"],
    "MN": ["c30"],
    "O": ["c31"],
    "P": ["c32"],
    "Q": ["c33"],
    "RSTU": ["c34", "c35"],
}


def value_added(data: Path, year: int = 2016) -> pd.DataFrame:
    """Value added by section, in constant prices of 2010: the nation and the provinces."""
    rows = pd.read_csv(data / "indonesia_pdrb_kabkota_2013_2019/pdrb_constant_2010_prices.csv.gz")
    rows = rows[(rows["year"] == year) & rows["level"].isin(["nation", "province"])]
    named = rows["region"].str.replace("Provinsi ", "").where(rows["level"] != "nation", "nation")
    return rows.set_index(named)[list(SECTIONS)]


def nation(data: Path, sizes: pd.Series) -> kn.IOTable:
    """Indonesia 2011, domestic flows and imports apart, 17 sections."""
    world = kn.read_table(data / "wiod2013_2011", names="code")
    pairs = [(c, s, sizes[s] if c == "c17" else 1) for s, codes in SECTIONS.items() for c in codes]
    concordance = pd.DataFrame(pairs, columns=["wiod", "section", "value added"])
    return world.regions.select("IDN").aggregate(concordance, weight="value added")


def compare(estimate: kn.IOTable, published: kn.IOTable) -> dict[str, float]:
    """How an estimated table departs from the published one, output being the same."""
    true, guess = published.flows.to_numpy(), estimate.flows.to_numpy()
    bias = estimate.leontief().sum() / published.leontief().sum() - 1
    logs = np.corrcoef(np.log1p(true.ravel()), np.log1p(guess.ravel()))
    return {
        "local inputs, % of output": 100 * guess.sum() / published.output.sum(),
        "flows, total error %": 100 * np.abs(guess - true).sum() / true.sum(),
        "flows, correlation of logs": logs[0, 1],
        "multipliers, mean bias %": 100 * bias.mean(),
        "multipliers, mean error %": 100 * bias.abs().mean(),
    }


def study(data: Path, province: str, whole: kn.IOTable, sizes: pd.DataFrame) -> pd.DataFrame:
    """One row per method, the published table first, the nation's coefficients second."""
    published = kn.read_table(data / PROVINCES[province] / "table.xlsx", names="code")
    rows = {"published": compare(published, published)}
    same = whole.coefficients() * published.output
    rows["nation, unchanged"] = compare(kn.IOTable(same, output=published.output), published)
    for method, delta in METHODS:
        estimate = kn.regionalise(
            whole,
            sizes.loc[province],
            method,
            delta,
            national=sizes.loc["nation"],
            output=published.output,
        )
        label = f"{method} {delta:g}" if "F" in method else method
        rows[label] = compare(estimate, published)
        if label in ("SLQ", "FLQ 0.3"):
            # What a survey of sales and purchases in total, without their cells, would add.
            sold, bought = published.flows.sum(axis=1), published.flows.sum()
            fitted = estimate.replace(flows=kn.balance(estimate.flows, sold, bought).table)
            rows[f"{label}, then RAS"] = compare(fitted, published)
    return pd.DataFrame(rows).T


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(0)
    folder = Path(sys.argv[1])
    sizes = value_added(folder)
    whole = nation(folder, sizes.loc["nation"])
    for province in PROVINCES:
        share = sizes.loc[province].sum() / sizes.loc["nation"].sum()
        print(f"\n{province}, {share:.1%} of the nation's value added")
        print(study(folder, province, whole, sizes).round(2).to_string())
