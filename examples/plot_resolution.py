"""How many clusters has the United States, 2022, at which resolution, and what speaks for each?

Run it anywhere: `python plot_resolution.py [FOLDER]` writes resolution-89mm.pdf.
"""

import sys
from pathlib import Path

import klasternet as kn

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))

# The dashed line is the resolution that detect chooses: the coarsest of those that predict flows
# held out about as well as the best does.
profile = kn.profile_resolution(network, seed=0)
ax = kn.draw_resolution(profile, width="1col")
ax.figure.savefig(folder / "resolution-89mm.pdf")
print(folder / "resolution-89mm.pdf")
