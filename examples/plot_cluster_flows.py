"""What the clusters of the United States sell to each other, to the rest, and abroad, 2022.

Run it anywhere: `python plot_cluster_flows.py [FOLDER]` writes cluster-flows-183mm.pdf and
cluster-flows-89mm.png.
"""

import sys
from pathlib import Path

import klasternet as kn

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
table = kn.datasets.load("usa_2022")
clusters = kn.detect(kn.FlowNetwork.from_table(table), seed=0)

for width, name in (("2col", "cluster-flows-183mm.pdf"), ("1col", "cluster-flows-89mm.png")):
    ax = kn.draw_cluster_flows(clusters, imports=table.imports, width=width)
    ax.figure.savefig(folder / name)
    print(folder / name)
