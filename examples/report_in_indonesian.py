"""A whole study as a planner's report, in Indonesian: page, figures, tables, provenance.

Run it anywhere: `python report_in_indonesian.py [FOLDER]` writes the folder and prints its page.
"""

import sys
from pathlib import Path

import klasternet as kn

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "laporan")
table = kn.datasets.load("germany_1995")
network = kn.FlowNetwork.from_table(table)
clusters = kn.Clusters.from_labels(network, ["goods"] * 3 + ["services"] * 2 + [None])
clusters = clusters.rename({"goods": "Barang", "services": "Jasa"})
results = {"tabel": table, "profil": kn.cluster_profile(clusters, table)}
print(kn.report(clusters, results, folder, language="id") / "report.html")
