"""Case number k of a seed: which table, which kind of file, what is done to it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

import klasternet as kn

from . import edges, spoiling, verdict
from .mutators import MUTATIONS, Draft, begin, make
from .packing import pack
from .sources import Source

assert spoiling  # its mutations are listed when it is imported
RARE = 0.008  # how often a mutation that takes seconds is drawn, against 1 of the others
EDGES = 6  # weight of the edges among the mutations


def draw(
    sources: Sequence[Source], seed: int, k: int, rare: bool = True, large: bool = False
) -> Draft | edges.Edges:
    """The case, always the same for the same sources, seed and number; if large, a rare one."""
    rng = np.random.default_rng([seed, k])
    known = [m for m in MUTATIONS.values() if rare or not m.rare]
    weights = np.array([RARE if m.rare else 1.0 - large for m in known] + [EDGES * (not large)])
    at = int(rng.choice(len(weights), p=weights / weights.sum()))
    if at == len(known):
        return edges.draw(rng)
    mutant = known[at]
    kind = str(rng.choice(_kinds(sources, mutant.kinds)))
    able = [source for source in sources if kind in source.kinds]
    weights = np.array([source.weight for source in able])
    source = able[int(rng.choice(len(able), p=weights / weights.sum()))]
    draft = make(mutant, source, kind, rng)
    draft.mutation = mutant.name
    return draft


def _kinds(sources: Sequence[Source], kinds: Sequence[str]) -> list[str]:
    held = {kind for source in sources for kind in source.kinds}
    return [kind for kind in kinds if kind in held] or list(kinds)


def run(case: Draft | edges.Edges, folder: Path) -> verdict.Outcome:
    """Write the case into a fresh folder of this one, read it, and judge."""
    if isinstance(case, edges.Edges):
        return edges.run(case)
    place = Path(tempfile.mkdtemp(dir=folder))
    # folders are known by their names here and there: keep the source's own
    place = place / (Path(case.source.name).parts[0].replace(" ", "_"))
    place.mkdir()
    try:
        path = verdict.write(case, place)
        return verdict.read(case, path, lambda source: clean(source, folder))
    finally:
        shutil.rmtree(place.parent, ignore_errors=True)


_CLEAN: dict[str, Any] = {}


def clean(source: Source, folder: Path) -> kn.IOTable:
    """The table as it is read where nothing was done to it."""
    if source.name not in _CLEAN:
        place = Path(tempfile.mkdtemp(dir=folder))
        kind = source.kinds[0]
        draft = begin(source, kind, np.random.default_rng(0))
        if source.grid is not None:
            draft.content = pack(draft.grid, kind)
        try:
            _CLEAN[source.name] = kn.read_table(verdict.write(draft, place), **draft.arguments)
        finally:
            shutil.rmtree(place)
    return _CLEAN[source.name]


@lru_cache(maxsize=1)
def names() -> list[str]:
    return [*MUTATIONS, *edges.CHANGES]
