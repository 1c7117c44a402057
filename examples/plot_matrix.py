"""The table of the United States, 2022, with rows and columns in the order of its clusters.

Run it anywhere: `python plot_matrix.py [FOLDER]` writes matrix-183mm.pdf and matrix-89mm.png.
"""

import sys
from pathlib import Path

import klasternet as kn

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
clusters = kn.detect(network, seed=0)

# Two columns of a journal: every industry is named. One column: the clusters are.
for width, name in (("2col", "matrix-183mm.pdf"), ("1col", "matrix-89mm.png")):
    ax = kn.draw_matrix(clusters, width=width)
    ax.figure.savefig(folder / name)
    print(folder / name)
