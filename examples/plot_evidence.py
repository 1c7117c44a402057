"""Is it more than chance, and at which resolution? The United States, 2022.

Run it anywhere: `python plot_evidence.py [FOLDER]` writes null-89mm.pdf and resolution-89mm.pdf.
"""

import sys
from pathlib import Path

import klasternet as kn

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
clusters = kn.detect(network, seed=0)

test = kn.significance(clusters, draws=99, seed=0)
kn.draw_null(test, width="1col").figure.savefig(folder / "null-89mm.pdf")
print(folder / "null-89mm.pdf")

profile = kn.profile_resolution(network, seed=0)
kn.draw_resolution(profile, width="1col").figure.savefig(folder / "resolution-89mm.pdf")
print(folder / "resolution-89mm.pdf")
