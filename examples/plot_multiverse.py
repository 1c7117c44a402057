"""How far do the clusters of the United States, 2022, hang on choices that nobody can call wrong?

Run it anywhere: `python plot_multiverse.py [FOLDER]` writes multiverse-183mm.pdf.
"""

import sys
from pathlib import Path

import klasternet as kn

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
table = kn.datasets.load("usa_2022")

# The first option of each is the reference. More choices: see `kn.multiverse`.
choices = {
    "flows": ["domestic", "total"],
    "measure": ["lift", "flow"],
    "ties": [None, "input_share", "sales_share"],
}
universes = kn.multiverse(table, choices, seed=0, certify=False)
ax = kn.draw_multiverse(universes, width="2col")
ax.figure.savefig(folder / "multiverse-183mm.pdf")
print(folder / "multiverse-183mm.pdf")
