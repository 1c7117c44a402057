"""Invoices in engines of their own: every engine gives one network; ensembles on a Dask cluster."""

from __future__ import annotations

import shutil
import sys
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest

import klasternet as kn
from klasternet.errors import DataError

pytestmark = [
    pytest.mark.filterwarnings("ignore:Dask support is moving"),
    pytest.mark.filterwarnings("ignore:.*PySpark does not yet fully support"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
ENDS = "seller", "buyer", "amount"
LAZY = ["duckdb", "polars", "dask", "spark"]


@pytest.fixture(scope="module")
def invoices():
    """5,000 invoices between 120 firms; names that sort differently by case and by accent."""
    rng = np.random.default_rng(0)
    firms = np.array([f"{'Zz' if k % 3 else 'zÄ'}{k}" for k in range(120)])
    return pd.DataFrame(
        {
            "seller": firms[rng.integers(0, 110, 5000)],
            "buyer": firms[rng.integers(10, 120, 5000)],
            "amount": rng.integers(1, 1000, 5000) / 4,
            "year": rng.integers(2020, 2023, 5000),
        }
    )


@pytest.fixture(scope="module")
def folder(invoices, tmp_path_factory):
    """The same in three Parquet files."""
    folder = tmp_path_factory.mktemp("invoices")
    for k in range(3):
        invoices.iloc[k::3].to_parquet(folder / f"part{k}.parquet", index=False)
    return folder


@pytest.fixture(scope="module")
def spark():
    pyspark = pytest.importorskip("pyspark.sql")
    if shutil.which("java") is None:
        pytest.skip("PySpark needs Java")
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        patch.setenv("PYSPARK_PYTHON", sys.executable)  # workers of another Python are refused
        settings = {
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "1",
            "spark.sql.codegen.wholeStage": "false",  # small tables: compiling takes longest
            "spark.sql.codegen.factoryMode": "NO_CODEGEN",
            "spark.sql.files.openCostInBytes": "0",
            "spark.ui.showConsoleProgress": "false",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
        }
        builder = pyspark.SparkSession.builder.master("local[1]").appName("klasternet")
        for key, value in settings.items():
            builder = builder.config(key, value)
        session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def opened(request, folder):
    """Open Parquet files, or a pandas frame, in an engine."""

    def opener(engine: str, frame: pd.DataFrame | None = None):
        files = str(folder / "*.parquet")
        if engine == "duckdb":
            duckdb = pytest.importorskip("duckdb")
            return duckdb.read_parquet(files) if frame is None else duckdb.from_df(frame)
        if engine == "polars":
            pl = pytest.importorskip("polars")
            return pl.scan_parquet(files) if frame is None else pl.from_pandas(frame).lazy()
        if engine == "dask":
            dd = pytest.importorskip("dask.dataframe")
            request.getfixturevalue("cluster")  # from now on Dask computes there
            return dd.read_parquet(files) if frame is None else dd.from_pandas(frame, npartitions=2)
        session = request.getfixturevalue("spark")
        if frame is None:
            return session.read.parquet(str(folder))
        records = frame.astype(object).where(frame.notna(), None).to_dict("records")
        kinds = {"f": "double", "i": "bigint"}
        schema = ", ".join(f"{n} {kinds.get(t.kind, 'string')}" for n, t in frame.dtypes.items())
        return session.createDataFrame(records, schema)

    return opener


@pytest.mark.parametrize("engine", LAZY)
def test_every_engine_gives_one_network(engine, opened, invoices):
    expected = kn.FlowNetwork.from_edges(invoices, *ENDS)
    network = kn.FlowNetwork.from_edges(opened(engine), *ENDS)
    assert network.industries.tolist() == expected.industries.tolist() == sorted(network.industries)
    assert network.industries.dtype == expected.industries.dtype
    for part in ("indptr", "indices", "data"):  # quarters add up exactly, in any order
        np.testing.assert_array_equal(getattr(network.flows, part), getattr(expected.flows, part))


@pytest.mark.parametrize("engine", ["duckdb", "dask"])
def test_engines_filter_before_anything_is_fetched(engine, opened, invoices):
    rows = opened(engine)
    rows = rows.filter("year = 2021") if engine == "duckdb" else rows[rows["year"] == 2021]
    network = kn.FlowNetwork.from_edges(rows, *ENDS)
    assert network.total == invoices.loc[invoices["year"] == 2021, "amount"].sum()


def test_only_sums_and_names_are_fetched(opened, invoices, monkeypatch):
    import narwhals as nw

    fetched = []
    collect = nw.LazyFrame.collect
    monkeypatch.setattr(
        nw.LazyFrame, "collect", lambda self, *a: fetched.append(collect(self, *a)) or fetched[-1]
    )
    kn.FlowNetwork.from_edges(opened("duckdb"), *ENDS)
    pairs = invoices.groupby(["seller", "buyer"]).ngroups
    assert [frame.shape for frame in fetched] == [(120, 1), (pairs, 3)]
    assert all(dtype.is_numeric() for dtype in fetched[1].schema.values())


@pytest.mark.parametrize("engine", LAZY)
def test_bad_invoices_in_a_lazy_engine(engine, opened):
    good = pd.DataFrame(
        {"seller": ["a", "b", "a"], "buyer": ["b", "c", "b"], "amount": [1.0, 2, 4]}
    )

    def read(frame, *ends):
        return kn.FlowNetwork.from_edges(opened(engine, frame), *(ends or ENDS))

    assert read(good).total == 7.0
    with pytest.raises(DataError, match=r"no column 'vendor'.*seller, buyer, amount"):
        read(good, "vendor", "buyer", "amount")
    with pytest.raises(DataError, match="'buyer' are of type"):
        read(good, "seller", "amount", "buyer")
    with pytest.raises(DataError, match=r"name is missing in the column 'buyer'.*'b'"):
        read(good.assign(buyer=["b", None, "b"]))
    if engine == "spark":  # the rest is the same code, and a query of Spark takes a second
        return
    with pytest.raises(DataError, match=r"name is missing in the column 'seller'.*'c'"):
        read(good.assign(seller=["a", None, "a"]))
    with pytest.raises(DataError, match=r"negative.*'b' to 'c'|'b' to 'c'.*negative|-2"):
        read(good.assign(amount=[1.0, -2, 4]))
    if engine != "dask":  # a pandas frame cannot tell a missing number from none at all
        with pytest.raises(DataError, match="NaN in the flow from 'b' to 'c'"):
            read(good.assign(amount=[1.0, np.nan, 4]))
    with pytest.raises(DataError, match="empty"):
        read(good.iloc[:0])
    if engine in ("duckdb", "polars"):
        with pytest.raises(DataError, match="Give both the same type"):
            read(good.assign(buyer=[1, 2, 1]))


def test_numbers_as_names(opened):
    frame = pd.DataFrame({"seller": [10**15, 7, 9], "buyer": [9, 9, 7], "amount": [1.0, 2.0, 3.0]})
    for engine in ("duckdb", "polars", "dask"):
        network = kn.FlowNetwork.from_edges(opened(engine, frame), *ENDS)
        assert network.industries.tolist() == [7, 9, 10**15]
        assert network.flows.toarray().tolist() == [[0, 2, 0], [3, 0, 0], [0, 1, 0]]


def test_categories_of_two_columns_meet_by_name():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"source": ["b", "a"], "target": ["c", "b"], "weight": [1.0, 2.0]})
    frame = frame.with_columns(pl.col("source", "target").cast(pl.Categorical))
    network = kn.FlowNetwork.from_edges(frame.lazy())
    assert network.industries.tolist() == ["a", "b", "c"]
    assert network.flows.toarray().tolist() == [[0, 2, 0], [0, 0, 1], [0, 0, 0]]


def test_ensembles_on_a_cluster_give_the_numbers_of_one_core(cluster):
    found = kn.detect(kn.FlowNetwork.from_table(kn.datasets.load("germany_1995")), seed=0)
    ensembles = {
        "significance": lambda n: (
            kn.significance(found, draws=12, seed=1, n_jobs=n).null_distribution
        ),
        "stability": lambda n: kn.stability(found, draws=12, seed=1, n_jobs=n).table,
        "profile": lambda n: kn.profile_resolution(found.network, seed=1, n_jobs=n),
    }
    alone = {name: work(1) for name, work in ensembles.items()}
    with joblib.parallel_config(backend="dask"):
        for name, work in ensembles.items():
            pd.testing.assert_frame_equal(
                pd.DataFrame(work(2)), pd.DataFrame(alone[name]), check_exact=True, obj=name
            )
    ran = cluster.run(lambda dask_worker: dask_worker.state.transition_counter)
    assert min(ran.values()) > 0  # the workers have worked
