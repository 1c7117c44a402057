"""Concordances: shares by hand, the laws of adding up, published crosswalks, what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import klasternet as kn
from klasternet.errors import AlignmentError, DataError, ParameterError
from klasternet.tables.bea import read_bea
from klasternet.tables.concordance import membership, reclassify

CODES = pd.Index(["0111", "0112", "1011", "20"])
PAIRS = pd.DataFrame(
    {
        "naics": ["0111", "0112", "0112", "1011", "20", "20", "99"],
        "cluster": ["Farms", "Farms", "Food", "Food", "Steel", "Steel", "None such"],
        "jobs": [5.0, 6, 2, 4, 1, 1, 8],
    }
)


def test_shares_by_hand():
    shares = membership(CODES, PAIRS, weight="jobs")
    assert list(shares.index) == ["Farms", "Food", "Steel"] and list(shares.columns) == list(CODES)
    assert shares["0112"].tolist() == [0.75, 0.25, 0]
    assert shares["20"].tolist() == [0, 0, 1]  # a pair given twice is one pair
    equal = membership(CODES, PAIRS, weight="equal")
    assert equal["0112"].tolist() == [0.5, 0.5, 0] and equal["20"].tolist() == [0, 0, 1]
    turned = membership(
        CODES, PAIRS[["jobs", "cluster", "naics"]], source="naics", target="cluster", weight="jobs"
    )
    pd.testing.assert_frame_equal(turned, shares)


def test_prefixes():
    assert list(membership(CODES, 2).index) == ["01", "10", "20"]
    names = {"01": "Farms", "0112": "Orchards", "1": "Food", "20": "Steel"}
    shares = membership(CODES, names, prefix=True)
    assert shares.idxmax().tolist() == ["Farms", "Orchards", "Food", "Steel"]
    frame = pd.DataFrame({"code": list(names), "name": list(names.values())})
    pd.testing.assert_frame_equal(membership(CODES, frame, prefix=True), shares)


def tables(seed, n):
    """A table that balances."""
    rng = np.random.default_rng(seed)
    names = pd.Index([f"i{k}" for k in range(n)])
    flows = pd.DataFrame(rng.lognormal(0, 1, (n, n)), names, names)
    imports = pd.DataFrame(rng.random((n, n)), names, names)
    final = pd.DataFrame(rng.random((n, 2)), names, ["homes", "abroad"])
    output = flows.sum(axis=1) + final.sum(axis=1)
    value_added = (output - flows.sum() - imports.sum()).to_frame("value added").T
    return kn.IOTable(flows, final_demand=final, value_added=value_added, imports=imports,
                      output=output, exports="abroad", satellites=value_added * 0.1)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 8))
def test_laws_of_splitting_and_adding_up(seed, n):
    """Totals and identities survive a split; what was split and is added up again is the same."""
    rng = np.random.default_rng(seed)
    table = tables(seed, n)
    pairs = pd.DataFrame(
        [
            (name, f"{name}.{part}", rng.random() + 0.1)
            for name in table.industries
            for part in "ab"
        ],
        columns=["from", "to", "size"],
    )
    fine = table.aggregate(pairs, weight="size")
    assert fine.n == 2 * n and f"{n} split by weight 'size'" in fine.source
    for part in ("flows", "imports", "final_demand", "value_added", "output", "exports"):
        whole, parts = getattr(table, part), getattr(fine, part)
        assert parts.to_numpy().sum() == pytest.approx(whole.to_numpy().sum())
    rows = fine.output - fine.flows.sum(axis=1) - fine.final_demand.sum(axis=1)
    columns = fine.output - fine.flows.sum() - fine.imports.sum() - fine.value_added.sum()
    assert rows.abs().max() < 1e-9 and columns.abs().max() < 1e-9
    back = fine.aggregate({name: name.split(".")[0] for name in fine.industries})
    assert np.allclose(back.flows, table.flows) and np.allclose(back.satellites, table.satellites)
    # Adding up in two steps or in one is the same.
    groups = {name: "ab"[k % 2] for k, name in enumerate(table.industries)}
    straight = table.aggregate(groups)
    assert np.allclose(back.aggregate(groups).flows, straight.flows)


def test_amounts_keep_their_total():
    jobs = pd.DataFrame([[5, 8, 4, 1], [1, 1, 1, 1]], ["north", "south"], CODES)
    added = kn.reclassify(jobs, PAIRS, weight="jobs")
    assert added.loc["north"].tolist() == [11, 6, 1]
    assert added.sum(axis=1).tolist() == jobs.sum(axis=1).tolist()
    one = reclassify(jobs.loc["north"], PAIRS, weight="jobs")
    assert one.tolist() == [11, 6, 1] and one.name == "north"


def test_published_crosswalk_of_bea_detail_to_summary(shared):
    """BEA's own crosswalk adds 402 industries up to its summary level; totals stay."""
    folder = shared / "usa_bea_2017_detail"
    crosswalk = pd.read_csv(folder / "crosswalk_bea_naics.csv.gz", dtype=str)
    detail = next(c for c in crosswalk.columns if "detail" in c.lower())
    summary = next(c for c in crosswalk.columns if "summary" in c.lower())
    table = read_bea(folder, names="code")
    added = table.aggregate(crosswalk, source=detail, target=summary)
    assert added.n == 71
    assert added.output.sum() == pytest.approx(table.output.sum())
    assert added.flows.to_numpy().sum() == pytest.approx(table.flows.to_numpy().sum())
    known = set(kn.read_table(shared / "usa_bea_2022_summary", names="code").industries)
    assert set(added.industries) == known
    sections = {"1": "primary", "2": "primary", **dict.fromkeys("3456789GS", "other")}
    by_prefix = table.aggregate(sections, prefix=True)
    assert by_prefix.n == 2


@pytest.mark.parametrize(
    ("concordance", "how", "error", "says"),
    [
        (PAIRS, {}, AlignmentError, r"'0112' goes to 2 groups \('Farms', 'Food'\).*weight="),
        (PAIRS[:4], {"weight": "jobs"}, AlignmentError, r"no group for '20'"),
        (PAIRS, {"weight": "people"}, ParameterError, r"no column 'people'; it has 'naics'"),
        (PAIRS, {"source": "isic"}, ParameterError, r"no column 'isic'"),
        (PAIRS.assign(jobs=-1), {"weight": "jobs"}, DataError, r"'0111' in 'Farms' is -1"),
        (PAIRS.assign(jobs=0), {"weight": "jobs"}, DataError, r"weights of '0111' are zero"),
        (PAIRS.assign(jobs="many"), {"weight": "jobs"}, DataError, r"'many'"),
        (PAIRS[["naics"]], {}, DataError, r"1 column; it needs two"),
        (dict.fromkeys(CODES, "all"), {"weight": "jobs"}, ParameterError, r"needs a concordance"),
        (0, {}, ParameterError, r"prefix has 0 characters"),
        ({111: "a", 112: "b"}, {}, AlignmentError, r"It knows '111', '112': are both codes, both"),
        ({"0111": "a"}, {}, AlignmentError, r"no group for '0112', '1011', '20'"),
        ({"0111": None, "0112": "b", "1011": "b", "20": "b"}, {}, AlignmentError, r"'0111'"),
    ],
)
def test_errors_name_the_fault_and_the_cure(concordance, how, error, says):
    with pytest.raises(error, match=says):
        membership(CODES, concordance, **how)
