"""What a region is specialised in: quotients with intervals, shares and growth. Made-up numbers.

Run it anywhere: `python plot_location_quotients.py [FOLDER]` writes quotients-89mm.pdf.
"""

import sys
from pathlib import Path

import pandas as pd

import klasternet as kn

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
industries = ["Fishing", "Food", "Shipbuilding", "Tourism", "Trade", "Software"]
then = pd.DataFrame(
    [[900, 2100, 1500, 3000, 9000, 300], [400, 5000, 300, 4000, 30000, 6000]],
    ["Coast", "Capital"], industries,
)  # fmt: skip
now = pd.DataFrame(
    [[700, 2300, 1900, 4200, 9300, 520], [350, 5200, 250, 4700, 32000, 9000]],
    ["Coast", "Capital"], industries,
)  # fmt: skip

quotients = kn.location_quotients(now).loc["Coast"].copy()
quotients["growth"] = (now.loc["Coast"] / then.loc["Coast"]) ** (1 / 6) - 1
nation = (now.to_numpy().sum() / then.to_numpy().sum()) ** (1 / 6) - 1

ax = kn.draw_location_quotients(quotients, reference=nation, width="1col")
ax.figure.savefig(folder / "quotients-89mm.pdf")
print(folder / "quotients-89mm.pdf")
