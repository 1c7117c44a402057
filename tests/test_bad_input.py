"""Bad input end to end: from a file or an object to `detect`, the right error before any kernel.

What a constructor alone refuses is tested with it (`test_network`, `test_labelled`, `test_table`);
here the whole road is walked, with every kernel taken out, so that an error from inside the search
would not pass for a check.
"""

import pickle
import re
import sys
import warnings
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import klasternet as kn

NAMES = ["farms", "food", "steel", "cars"]
W = np.array([[5, 40, 0, 1], [10, 20, 1, 2], [1, 2, 7, 30], [0, 3, 9, 9]], dtype=float)


@pytest.fixture(autouse=True)
def no_kernel(monkeypatch):
    """No kernel can be imported: to need one fails."""
    for name in [n for n in sys.modules if n.startswith("klasternet.kernels.")]:
        monkeypatch.setitem(sys.modules, name, None)
    for path in (Path(kn.__file__).parent / "kernels").glob("[a-z]*.py"):
        monkeypatch.setitem(sys.modules, f"klasternet.kernels.{path.stem}", None)


def frame(values=W, rows=NAMES, columns=NAMES):
    return pd.DataFrame(np.asarray(values), list(rows), list(columns))


def with_cell(value):
    out = frame(W.astype(object))
    out.loc["steel", "cars"] = value
    return out


def total():
    out = frame()
    out["Total"] = out.sum(axis=1)
    out.loc["Total"] = out.sum()
    return out


def written(tmp_path, table, name="table.csv"):
    path = tmp_path / name
    table.to_csv(path)
    return path


def from_file(path, **options):
    return kn.detect(kn.FlowNetwork.from_table(kn.read_table(path, layout="labelled", **options)))


def from_frame(table, **options):
    return kn.detect(kn.FlowNetwork.from_matrix(table, **options))


def test_the_fixture_bites():
    with pytest.raises(ImportError):
        from_frame(frame())


# Fault: (table, error, what a message must say). The offending name, then the cure.
TABLES = {
    "not square": (frame(W[:, :3], NAMES, NAMES[:3]), "'cars'", "every|same|both|name"),
    "names differ": (frame(columns=[*NAMES[:3], "autos"]), "'cars'", "'autos'"),
    "doubled names": (frame(rows=["farms", "food", "food", "cars"]), "'food'", "twice|once"),
    "text": (with_cell("n.a."), "'n.a.'.*'steel'.*'cars'|'steel'.*'cars'.*'n.a.'", ""),
    "NaN": (with_cell(np.nan), "'steel'.*'cars'", "0|filled|empty"),
    "infinite": (with_cell(np.inf), "'steel'.*'cars'", ""),
    "negative": (with_cell(-3.0), "'steel'.*'cars'|-3", "negatives="),
    "total": (total(), "'Total'", "Leave it out|drop"),
    "all zeros": (frame(np.zeros((4, 4))), "zero", "right part"),
    "loops only": (frame(np.diag([1.0, 2, 3, 4])), "'farms'", "right part"),
    "one industry": (frame([[3.0]], ["farms"], ["farms"]), "'farms'|farms", "at least two"),
}


@pytest.mark.parametrize("case", TABLES)
def test_frames(case):
    table, name, cure = TABLES[case]
    with pytest.raises(kn.DataError, match=f"(?s){name}") as caught:
        from_frame(table)
    assert re.search(cure, str(caught.value))


@pytest.mark.parametrize("case", TABLES)
def test_tables(case):
    table, _, _ = TABLES[case]
    with pytest.raises(kn.DataError) as caught:
        kn.detect(kn.FlowNetwork.from_table(kn.IOTable(table)))
    told = str(caught.value)
    named = [*NAMES, "Total", "n.a.", "4 x 3", "zero"]
    assert any(name in told for name in named) and len(told) > 40


@pytest.mark.parametrize("case", TABLES)
def test_files(case, tmp_path):
    table, _, _ = TABLES[case]
    path = written(tmp_path, table)
    # the quadrants are named where labels alone could be final demand or primary inputs
    options = {"industries": NAMES} if case in ("not square", "names differ") else {}
    with pytest.raises(kn.DataError) as caught:
        from_file(path, **options)
    told = str(caught.value)
    assert any(name in told for name in [*NAMES, "autos", "Total", "n.a.", "zero"])
    assert len(told) > 40


def test_negatives_are_a_policy_all_the_way(tmp_path):
    path = written(tmp_path, with_cell(-3.0))
    table = kn.read_table(path, layout="labelled")
    with pytest.raises(kn.DataError, match=r"-3 from 'steel' to 'cars'.*negatives='transpose'"):
        kn.FlowNetwork.from_table(table)
    for policy in ("transpose", "aside"):
        assert kn.FlowNetwork.from_table(table, negatives=policy).flows.min() == 0
    with pytest.raises(kn.ParameterError, match="called 'asid'; did you mean 'aside'"):
        kn.FlowNetwork.from_table(table, negatives="asid")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\n\n\n", "empty|no table|nothing"),
        (b"This is a letter.\nIt has no table in it.\n", "is it a table"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\xff\xfe", "text|PNG|no table|encod|binary"),
        (b"<html><body>404 not found</body></html>", "table|html|web"),
    ],
)
def test_files_that_are_no_table(content, message, tmp_path):
    path = tmp_path / "flows.csv"
    path.write_bytes(content)
    with pytest.raises(
        kn.DataError, match=f"(?s)flows\\.csv.*({message})|({message}).*flows\\.csv"
    ):
        from_file(path)


def test_a_sheet_that_does_not_exist(tmp_path):
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path) as book:
        frame().to_excel(book, sheet_name="2010")
        frame().to_excel(book, sheet_name="2015")
    with pytest.raises(kn.DataError, match=r"no sheet '2051'.*'2010', '2015'"):
        from_file(path, sheet="2051")
    with pytest.raises(kn.DataError, match="sheet="):
        from_file(path)


def test_a_file_and_a_layout_that_do_not_exist(tmp_path):
    written(tmp_path, frame(), "flows.csv")
    with pytest.raises(kn.DataError, match=r"did you mean 'flows\.csv'"):
        kn.read_table(tmp_path / "flow.csv")
    with pytest.raises(
        kn.ParameterError, match="no layout called 'wiod13'; did you mean 'wiod2013'"
    ):
        kn.read_table(tmp_path / "flows.csv", layout="wiod13")


def test_names_that_do_not_exist():
    network = kn.FlowNetwork.from_matrix(frame())
    for unknown, near, run in (
        ("densety", "density", lambda: kn.detect(network, "densety")),
        ("inputshare", "input_share", lambda: kn.tie(network, "inputshare")),
        ("configurations", "configuration", lambda: kn.detect(network, null="configurations")),
        ("germany_1996", "germany_1995", lambda: kn.datasets.load("germany_1996")),
        ("flows", "flow", lambda: kn.detect(network, measure="flows")),
    ):
        with pytest.raises(kn.ParameterError, match=f"'{unknown}'; did you mean '{near}'"):
            run()


def test_graphs():
    graph = nx.DiGraph()
    graph.add_edge("ore", "steel", weight=4)
    graph.add_edge("steel", "cars")
    with pytest.raises(kn.DataError, match=r"'steel' to 'cars' has no attribute 'weight'"):
        kn.detect(kn.FlowNetwork.from_networkx(graph))
    with pytest.raises(kn.DataError, match="at least two"):
        kn.detect(kn.FlowNetwork.from_networkx(nx.DiGraph([("a", "a", {"weight": 1})])))
    with pytest.raises(kn.DataError, match="at least two"):
        kn.detect(kn.FlowNetwork.from_networkx(nx.DiGraph()))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, np.nan, 2.0], "'b' to 'c'|'b'.*'c'"),
        ([1.0, np.inf, 2.0], "infinity in the flow from 'b' to 'c'"),
        ([1.0, -2.0, 2.0], r"-2 from 'b' to 'c'.*negatives="),
        ([0.0, 0.0, 0.0], "zero"),
        (["1", "many", "2"], "many|no number|weight"),
    ],
)
def test_edges(weights, message):
    edges = pd.DataFrame({"source": list("abc"), "target": list("bca"), "weight": weights})
    with pytest.raises(kn.DataError, match=f"(?s){message}"):
        kn.detect(kn.FlowNetwork.from_edges(edges))


@pytest.mark.parametrize(
    ("W", "message"),
    [
        (np.ones(5), "square"),
        (np.ones((2, 2, 2)), "square"),
        (sparse.csr_array(np.ones((2, 3))), r"\(2, 3\) is not square"),
        (sparse.csr_array(np.array([[0, np.inf], [1, 0]])), "infinity in the flow from 0 to 1"),
        (sparse.csr_array(np.array([[0, -1.0], [1, 0]])), "-1 from 0 to 1.*negatives="),
        (None, "square"),
        ("table.csv", "square"),
    ],
)
def test_arrays(W, message):
    with pytest.raises(kn.DataError, match=message):
        from_frame(W)


def test_nobody_takes_a_table_for_a_network():
    with pytest.raises(kn.ParameterError, match=r"not a DataFrame\. Make one with FlowNetwork"):
        kn.detect(frame())
    with pytest.raises(kn.ParameterError, match="not a ndarray"):
        kn.detect(W)


def test_every_error_of_data_is_a_value_error():
    for error in (kn.DataError, kn.AlignmentError, kn.ParameterError):
        assert issubclass(error, ValueError)
    assert issubclass(kn.ContractError, TypeError)
    assert issubclass(kn.ConvergenceError, RuntimeError)


# --------------------------------------------------------------------------- names in messages


def test_messages_name_industries_as_python_prints_them():
    """Codes that are whole numbers come out of an index as NumPy's, which print their type."""
    codes = [1101, 1102, 1103, 1104]
    with pytest.raises(kn.DataError, match="from 1103 to 1104"):
        kn.FlowNetwork.from_matrix(frame(with_cell(-1).to_numpy(float), codes, codes))
    with pytest.raises(kn.DataError, match="1102 is there twice"):
        kn.FlowNetwork.from_matrix(W, industries=np.array([1101, 1102, 1102, 1104]))
    network = kn.FlowNetwork.from_matrix(frame(W, codes, codes))
    with pytest.raises(kn.AlignmentError) as told:
        kn.Clusters.from_labels(network, pd.Series([0, 0, 1], codes[:3]))
    assert "1104" in str(told.value) and "np." not in str(told.value)


@pytest.mark.parametrize(
    "value",
    [
        *(np.int64(-5), np.uint8(5), np.float64(0.1), np.float32(1e-5), np.float64("nan")),
        *(np.True_, np.str_("food (processed)"), np.str_("farmer's"), np.str_('a "b", it\'s')),
        *(5, "np", (np.int64(1), [np.float64(2)])),
    ],
    ids=repr,
)
def test_no_message_shows_what_array_a_value_came_out_of(value):
    def as_python(value):
        if isinstance(value, tuple | list):
            return type(value)(as_python(part) for part in value)
        return value.item() if isinstance(value, np.generic) else value

    wanted = f"the flow of {as_python(value)!r} is missing"
    if not isinstance(value, np.float32):  # whose digits are fewer than those of a Python float
        assert str(kn.DataError(f"the flow of {value!r} is missing")) == wanted
    for kind in (kn.ParameterError, kn.ContractError, kn.KlasternetWarning):
        said = kind(f"the flow of {value!r} is missing")
        assert "np." not in str(said) and str(pickle.loads(pickle.dumps(said))) == str(said)
    with pytest.warns(kn.KlasternetWarning, match="is missing") as caught:
        warnings.warn(f"{value!r} is missing", kn.KlasternetWarning, stacklevel=1)
    assert "np." not in str(caught[0].message)
