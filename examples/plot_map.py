"""A map of a cluster by location quotients. Regions here are squares; yours come from a file.

Run it anywhere: `python plot_map.py [FOLDER]` writes map-89mm.pdf. Real shapes, with
geopandas (`pip install klasternet[geo]`): `kn.draw_map("regions.gpkg", quotients, names="NAME")`.
"""

import sys
from pathlib import Path

import pandas as pd

import klasternet as kn


class Square:
    """A region one unit wide, as geometry packages describe shapes."""

    def __init__(self, x, y):
        ring = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1), (x, y)]
        self.__geo_interface__ = {"type": "Polygon", "coordinates": [ring]}


folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
names = [f"Region {k}" for k in range(1, 13)]
shapes = pd.Series([Square(k % 4, k // 4) for k in range(12)], names)
quotients = pd.Series([0.3, 0.6, 0.9, 1.1, 0.7, 1.4, 1.8, 1.0, 0.9, 2.2, 3.1], names[:11])

ax = kn.draw_map(shapes, quotients, width="1col")
ax.figure.savefig(folder / "map-89mm.pdf")
print(folder / "map-89mm.pdf")
