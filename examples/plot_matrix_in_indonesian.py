"""The same table in Indonesian: names of a published classification, words and numbers.

Run it anywhere: `python plot_matrix_in_indonesian.py [FOLDER]` writes matriks.pdf.
"""

import sys
from pathlib import Path

import klasternet as kn

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
table = kn.name_sectors(kn.datasets.load("usa_2022"), "bea_summary", language="id")
clusters = kn.detect(kn.FlowNetwork.from_table(table), seed=0)

# Every figure speaks the language of the style that it is drawn in; reports set it themselves.
with kn.style("nature", language="id"):
    ax = kn.draw_matrix(clusters)
ax.figure.savefig(folder / "matriks.pdf")
print(folder / "matriks.pdf")
