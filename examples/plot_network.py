"""The clusters of the United States, 2022, and the flows that tie their industries together.

Run it anywhere: `python plot_network.py [FOLDER]` writes network-183mm.pdf and network-89mm.png.
"""

import sys
from pathlib import Path

import klasternet as kn

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
clusters = kn.detect(network, seed=0)

# Two columns of a journal: every industry is named. One column: the largest are, and a warning
# tells which are not.
for width, name in (("2col", "network-183mm.pdf"), ("1col", "network-89mm.png")):
    ax = kn.draw_network(clusters, width=width, seed=1)
    ax.figure.savefig(folder / name)
    print(folder / name)

# What a reader must know beside the figure, and how legible it is.
print(kn.caption(ax), kn.legibility(ax), sep="\n", file=sys.stderr)
