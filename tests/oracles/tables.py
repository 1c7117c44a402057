"""The shared national tables as bare arrays of flows, negative ones taken as nothing."""

import numpy as np
import pandas as pd


def square(frame):
    """The flows among the labels that stand on both sides."""
    both = [label for label in frame.columns if label in set(frame.index)]
    return frame.loc[both, both].to_numpy(float).clip(0)


def national(shared):
    """Name and flows of each national table, some years of a series among them."""
    for file in sorted(shared.glob("indonesia_province_*/Z.csv.gz")):
        yield file.parent.name, square(pd.read_csv(file, index_col=0))
    yield "chile", square(pd.read_csv(shared / "chile_2013_12" / "Z.csv", index_col=0))
    long = pd.read_csv(shared / "wiod2016_niot_usa" / "table_2000_2014.csv.gz")
    for year in (2000, 2007, 2014):
        rows = long[(long["Year"] == year) & (long["Origin"] == "Domestic")]
        yield f"usa {year}", square(rows.set_index("Code"))
    for year in (1995, 2005, 2018):
        name = f"oecd2021_{'jpn' if year == 2005 else 'chn'}_{year}"
        table = pd.read_csv(shared / name / "table.csv", dtype={"Code": str})
        yield name, square(table.set_index("Code"))
    for name in ("china_2017_149", "china_2017_42"):
        table = pd.read_csv(shared / name / "table.csv.gz", dtype={"Code": str})
        if "Origin" in table:
            table = table[table["Origin"] == "Domestic"]
        yield name, square(table.set_index("Code"))
    table = pd.read_csv(shared / "uk_2010_127" / "siot_domestic.csv.gz", dtype={"uk_row": str})
    yield "uk", square(table.set_index("uk_row"))
    for name in ("eurostat_cz_2015", "eurostat_sk_2015"):
        table = pd.read_csv(shared / name / "siot_dom.csv.gz", index_col=0)
        products = [label for label in table.columns if label in set(table.index)]
        products = [label for label in products if label not in ("CPA_TOTAL", "TOTAL", "P1")]
        yield name, square(table.loc[products, products])
    table = pd.read_csv(shared / "croatia_2010" / "siot_kHRK.csv.gz", index_col=0)
    table = table.rename(index=lambda label: label.removeprefix("CPA_"))
    yield "croatia", square(table.loc["A01":"U", "A01":"U"])
    for place in ("sulawesi_selatan", "kepulauan_riau"):
        table = pd.read_csv(shared / f"indonesia_bps_io17_{place}_2016" / "table.csv")
        yield place, square(table.set_index("code"))


def japan(shared):
    """Flows of each Japanese area with a table, 12 sectors; shape (areas, 12, 12)."""
    table = pd.read_csv(shared / "japan_prefectures_2015_12" / "io_tables.csv")
    cells = [f"R{i}C{j}" for i in range(1, 13) for j in range(1, 13)]
    return np.maximum(table[cells].to_numpy(float).reshape(-1, 12, 12), 0.0)
