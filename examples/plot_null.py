"""Are the clusters of the United States, 2022, more than chance gives an economy of such sizes?

Run it anywhere: `python plot_null.py [FOLDER]` writes null-89mm.pdf.
"""

import sys
from pathlib import Path

import klasternet as kn

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
clusters = kn.detect(network, seed=0)

# Every random economy is searched for clusters as the observed one was. For a paper: 999 draws.
test = kn.significance(clusters, draws=99, seed=0)
ax = kn.draw_null(test, width="1col")
ax.figure.savefig(folder / "null-89mm.pdf")
print(folder / "null-89mm.pdf")
