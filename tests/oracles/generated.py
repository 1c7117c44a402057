"""Networks that hypothesis makes: what a table of flows may look like, and now and then does.

`law` are its settings: quick by default, and with KLASTERNET_EXAMPLES=2000 as many examples of
every law, drawn anew each time, for a run that is to be recorded.
"""

import os
from dataclasses import dataclass

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from scipy import sparse

import klasternet as kn

RECORDED = int(os.environ.get("KLASTERNET_EXAMPLES", "0"))
UNITS = (1e-9, 1e-3, 1.0, 1e3, 1e12)
FORMS = ("array", "float32", "rows", "frame")


def law(examples=25):
    """Settings of a law: so many examples, or those of the environment."""
    return settings(
        max_examples=RECORDED or examples,
        deadline=None,
        derandomize=not RECORDED,
        suppress_health_check=list(HealthCheck),
    )


NAMES = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff"),
    min_size=1,
    max_size=8,
).filter(lambda text: text == text.strip() and text)


@dataclass(frozen=True, repr=False)
class Economy:
    """Flows, names, and what to make a network of."""

    W: np.ndarray
    names: list
    loops: str
    form: str

    def __repr__(self):
        cells = np.array2string(self.W, separator=", ", threshold=200)
        return f"Economy(W=np.array({cells}), {self.names!r}, {self.loops!r}, {self.form!r})"

    @property
    def n(self):
        return len(self.W)

    def network(self, W=None, names=None, loops=None, form=None, **policies):
        """The network of these flows, or of others in the same form; no example if by chance
        a row is the sum of the others and taken for a total."""
        W = self.W if W is None else W
        names = self.names if names is None else names
        form = self.form if form is None else form
        given = {
            "array": np.asarray,
            "float32": lambda flows: np.asarray(flows, dtype=np.float32),
            "rows": sparse.csr_array,
            "frame": lambda flows: pd.DataFrame(flows, names, names),
        }[form](W)
        industries = None if form == "frame" else names
        loops = self.loops if loops is None else loops
        try:
            return kn.FlowNetwork.from_matrix(given, industries, loops=loops, **policies)
        except kn.DataError as error:
            assume("total among" not in str(error))
            raise


@st.composite
def economies(draw, least=2, most=8, signed=False, wild=True, forms=FORMS):
    """Directed networks: looped or not, dense to sparse, in parts, with idle industries, of even,
    equal, whole, heavy-tailed or wildly different weights in any unit, under any names.

    signed : some flows are negative. wild : weights may range over 1e16.
    """
    n = draw(st.integers(least, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kinds = ["equal", "even", "heavy", "whole"] + ["wild"] * wild
    kind = draw(st.sampled_from(kinds))
    W = np.ones((n, n)) if kind == "equal" else rng.lognormal(0, 0.5, (n, n))
    if kind == "heavy":
        W **= 6
    elif kind == "whole":
        W = rng.integers(1, 4, (n, n)).astype(float)
    elif kind == "wild":
        W *= 10.0 ** rng.uniform(-8, 8, (n, n))
    W *= rng.random((n, n)) < draw(st.sampled_from([1.0, 0.7, 0.3]))
    if n > 3 and draw(st.booleans()):  # parts that do not trade
        side = rng.integers(0, 2, n)
        W *= side[:, None] == side
    loops = draw(st.sampled_from(["none", "some", "heavy"]))
    W[np.diag_indices(n)] *= {"none": 0, "some": rng.random(n) < 0.5, "heavy": 20}[loops]
    if n > 3 and draw(st.booleans()):  # an industry that trades with no other
        idle = rng.integers(n)
        own = W[idle, idle]
        W[idle] = W[:, idle] = 0.0
        W[idle, idle] = own
    if signed:
        W *= np.where(rng.random((n, n)) < 0.2, -1, 1)
    W *= draw(st.sampled_from(UNITS))
    form = draw(st.sampled_from(forms))
    if form == "float32":  # what the network is to be told apart from is what float32 can hold
        W = W.astype(np.float32).astype(float)
    assume((W * (1 - np.eye(n))).any())
    names = draw(
        st.one_of(
            st.just(list(range(n))),
            st.just([f"industry {i}" for i in range(n)]),
            st.lists(NAMES, min_size=n, max_size=n, unique=True),
        )
    )
    return Economy(W, names, draw(st.sampled_from(["aside", "keep"])), form)


@st.composite
def labelled(draw, **kinds):
    """An economy, and a label for each of its industries, -1 for some."""
    economy = draw(economies(**kinds))
    labels = draw(
        st.lists(st.integers(-1, max(1, economy.n // 2)), min_size=economy.n, max_size=economy.n)
    )
    return economy, np.array(labels)


def dense(matrix):
    """The full array of a matrix."""
    return matrix.toarray() if sparse.issparse(matrix) else np.asarray(matrix)


def same_partition(a, b):
    """Whether labels part things alike."""
    return len(set(zip(a, b, strict=True))) == len(set(a)) == len(set(b))
