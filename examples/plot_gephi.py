"""A network diagram handed on to Gephi and Cytoscape: places, sizes, colours, clusters, arrows.

Run it anywhere: `python plot_gephi.py [FOLDER]` writes economy.gexf and economy.graphml.
"""

import sys
from pathlib import Path

import klasternet as kn

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
clusters = kn.detect(network, seed=0)
ax = kn.draw_network(clusters, seed=1)

# The arrows drawn; without arrows= all 4,000 flows go along.
drawn = {"positions": kn.network_positions(ax), "arrows": kn.network_arrows(ax)}
for name in ("economy.gexf", "economy.graphml"):
    print(network.write(folder / name, clusters, **drawn))
