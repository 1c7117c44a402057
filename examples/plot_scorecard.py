"""A scorecard of clusters by nine factors, in the style of Elsevier. The scores are made up.

Run it anywhere: `python plot_scorecard.py [FOLDER]` writes scorecard-183mm.pdf.
"""

import sys
from pathlib import Path

import pandas as pd

import klasternet as kn

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
unknown = float("nan")  # stays unknown: nothing is filled in
scores = pd.DataFrame(
    {
        "R&D capacity": [2, 4, 5],
        "Workforce skills": [3, 4, 4],
        "Education and training": [2, unknown, 5],
        "Proximity of suppliers": [5, 4, 2],
        "Availability of capital": [2, 3, 4],
        "Specialised services": [1, 3, 4],
        "Machine and tool builders": [2, 5, unknown],
        "Intensity of networking": [4, 3, 3],
        "Entrepreneurial energy": [3, 2, 5],
    },
    index=["Farms & Food", "Metals & Machinery", "Software & Services"],
)

with kn.style("elsevier"):
    ax = kn.draw_scorecard(scores, kind="both", scale=(1, 5), width="2col")
ax.figure.savefig(folder / "scorecard-183mm.pdf")
print(folder / "scorecard-183mm.pdf")
