"""A scorecard of U.S. clusters by nine factors, with what one input-output table can tell.

Ties and suppliers are measured from flows; what the clusters buy of research and of education
stands for two more factors. Of the other five the table knows nothing, and the card says so.
Run it anywhere: `python plot_scorecard.py [FOLDER]` writes scorecard-183mm.pdf.
"""

import sys
from pathlib import Path

import pandas as pd

import klasternet as kn

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
table = kn.datasets.load("usa_2022")
clusters = kn.detect(kn.FlowNetwork.from_table(table), seed=0)

# Inputs per dollar of output, from the industries that do research, and that teach.
bought = pd.DataFrame(
    {
        name: table.flows.loc[["Other professional", "Education"], list(clusters.members(name))]
        .sum(axis=1)
        .div(table.output[list(clusters.members(name))].sum())
        for name in clusters.names
    }
).T.set_axis(["scientific services bought", "education bought"], axis=1)
card = kn.scorecard(
    clusters,
    bought,
    indicators={
        "scientific services bought": "research and development",
        "education bought": "human-resource development",
    },
    reference="clusters",  # one nation: there is no other to compare with, and the card says so
    rule="minmax",
    table=table,
    seed=0,
)
with kn.style("elsevier"):
    ax = kn.draw_scorecard(card, kind="both", width="2col")
ax.figure.savefig(folder / "scorecard-183mm.pdf")
print(folder / "scorecard-183mm.pdf")
