"""Clusters over the years, as bands. The years here are one table with noise put on its flows.

Run it anywhere: `python plot_evolution.py [FOLDER]` writes evolution-89mm.pdf.
"""

import sys
from pathlib import Path

import numpy as np

import klasternet as kn

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))

# A made-up story: flows drift a little from year to year.
rng = np.random.default_rng(1)
years, stages, W = range(2018, 2023), [], network.flows
for _ in years:
    stages.append(kn.FlowNetwork.from_matrix(W, network.industries, network.columns))
    W = W * np.exp(rng.normal(0, 0.35, W.shape))

story = kn.evolve(stages, list(years), seed=0)
ax = kn.draw_evolution(story, width="1col")
ax.figure.savefig(folder / "evolution-89mm.pdf")
print(folder / "evolution-89mm.pdf")
