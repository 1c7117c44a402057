"""Do the methods of fifty years agree on the clusters of the United States, 2022?

Run it anywhere: `python plot_agreement.py [FOLDER]` writes agreement-89mm.pdf.
"""

import sys
from pathlib import Path

import klasternet as kn

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))

# One row a method: clusters, readings of density, seconds; agreement of every two beside it.
frame = kn.compare(network, seed=0)
ax = kn.draw_agreement(frame, width="1col")
ax.figure.savefig(folder / "agreement-89mm.pdf")
print(folder / "agreement-89mm.pdf")
