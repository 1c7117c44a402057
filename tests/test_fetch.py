"""World tables by pymrio's downloaders, from a server on this machine; and without any network.

The files are small ones in the formats of the databases, made here. Where pymrio asks a site of
its own choice, the question is turned to the server; what it does with the answer is pymrio's code.
"""

from __future__ import annotations

import io
import sys
import threading
import traceback
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import pytest

import klasternet as kn
from klasternet.tables.world_tables import WORLDS

pymrio = pytest.importorskip("pymrio")
requests = pytest.importorskip("requests")
loader = pytest.importorskip("pymrio.tools.iodownloader")


@pytest.fixture
def server(monkeypatch):
    """A server: a dict of paths to bytes, its address, and what it was asked for."""
    pages: dict[str, bytes] = {}
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            body = pages.get(self.path.partition("?")[0])
            self.send_response(200 if body is not None else 404)
            self.end_headers()
            self.wfile.write(body or b"")

        do_POST = do_GET

        def log_message(self, *args):
            pass

    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield pages, f"http://127.0.0.1:{httpd.server_port}", asked
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture
def offline(monkeypatch):
    """No request leaves; whoever sends one learns what a machine without a network says."""

    def refused(*args, **kwargs):
        raise requests.exceptions.ConnectionError("no route to host")

    for name in ("get", "post", "Session.request"):
        monkeypatch.setattr(f"requests.{name}", refused)
    monkeypatch.setitem(loader.EXIOBASE3_CONFIG, "requests_func", refused)
    return refused


def world(seed=0):
    """Two regions of three industries: flows, final demand of both, value added."""
    rng = np.random.default_rng(seed)
    names = [f"{region}_{sector}" for region in ("AAA", "BBB") for sector in ("01T02", "10", "45")]
    Z = pd.DataFrame(rng.integers(1, 50, (6, 6)).astype(float), names, names)
    Y = pd.DataFrame(rng.integers(20, 90, (6, 2)).astype(float), names, ["AAA_HFCE", "BBB_HFCE"])
    value_added = Z.sum(axis=1) + Y.sum(axis=1) - Z.sum(axis=0)
    return Z, Y, value_added


def oecd_csv():
    Z, Y, value_added = world()
    Y = Y.assign(OUT=Z.sum(axis=1) + Y.sum(axis=1))
    frame = pd.concat([pd.concat([Z, Y], axis=1), value_added.rename("VA").to_frame().T])
    return frame.fillna(0).to_csv().encode()


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def test_oecd_is_downloaded_parsed_and_kept(server, tmp_path, monkeypatch):
    pages, address, asked = server
    pages["/a.zip"] = zipped(**{"2018_SML__csv": oecd_csv(), "2019_SML__csv": oecd_csv()})
    monkeypatch.setitem(loader.OECD_CONFIG["datafiles"]["v2023"], "2016-2020", f"{address}/a.zip")
    table = kn.fetch_table("oecd", 2018, tmp_path / "new")
    Z, Y, value_added = world()
    assert table.year == 2018 and table.unit == "Million USD" and "OECD" in table.name
    assert table.flows.to_numpy() == pytest.approx(Z.to_numpy())
    assert table.industries[:2].tolist() == ["AAA 01T02", "AAA 10"]
    assert table.region.unique().tolist() == ["AAA", "BBB"]
    assert table.final_demand.to_numpy() == pytest.approx(Y.to_numpy())
    assert table.value_added.to_numpy()[0] == pytest.approx(value_added.to_numpy())
    assert (table.audit()["status"] != "fail").all()
    # A second time, and a year that came along: nobody is asked.
    assert asked == ["/a.zip"]
    assert kn.fetch_table("oecd", 2019, tmp_path / "new", version="v2023").flows.equals(table.flows)
    assert asked == ["/a.zip"]
    kept = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert kept == ["ICIO2023_2018.csv", "ICIO2023_2019.csv"]  # no log, nothing half done


def test_exiobase_is_downloaded_and_parsed(server, tmp_path, monkeypatch):
    pages, address, asked = server
    system = pymrio.load_test()
    system.save_all(tmp_path / "made")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in (tmp_path / "made").rglob("*"):
            if path.is_file():
                archive.write(path, path.relative_to(tmp_path / "made"))
    name = "IOT_2019_ixi.zip"
    pages["/record"] = "".join(
        f'<a href="{address}/files/IOT_{year}_{kind}.zip">'
        for year in (2018, 2019)
        for kind in ("ixi", "pxp")
    ).encode()
    pages[f"/files/{name}"] = out.getvalue()
    config = {
        "requests_func": lambda url, **more: requests.get(f"{address}/record"),
        "mrio_regex": address + r"/files/IOT_\d\d\d\d_[p,i]x[p,i].zip",
    }
    for key, value in config.items():
        monkeypatch.setitem(loader.EXIOBASE3_CONFIG, key, value)
    table = kn.fetch_table("exiobase", 2019, tmp_path)
    assert asked == ["/record", f"/files/{name}"]
    expected = kn.from_pymrio(system, value_added="factor_inputs")
    assert table.flows.to_numpy() == pytest.approx(expected.flows.to_numpy())
    assert table.industries.tolist() == expected.industries.tolist()
    assert table.value_added.shape == expected.value_added.shape
    with pytest.raises(kn.ParameterError, match="no file of 2001 at EXIOBASE 3"):
        kn.fetch_table("exiobase", 2001, tmp_path)
    with pytest.raises(kn.KlasternetError, match="HTTP Error 404"):
        kn.fetch_table("exiobase", 2018, tmp_path)


@pytest.mark.filterwarnings("error")
def test_wiod_is_downloaded(server, tmp_path, monkeypatch):
    pages, address, asked = server
    pages["/page"] = f'<a href="{address}/wiot09_row_sep12.xlsx">'.encode()
    pages["/wiot09_row_sep12.xlsx"] = wiod_workbook()
    config = {
        "url_db_view": f"{address}/page",
        "url_db_content": f"{address}/",
        "mrio_regex": r"wiot\d\d_row_\w+.xlsx",
    }
    for key, value in config.items():
        monkeypatch.setitem(loader.WIOD_CONFIG, key, value)
    table = kn.fetch_table("wiod", 2009, tmp_path)
    assert asked[-1] == "/wiot09_row_sep12.xlsx" and len(asked) == 2  # no satellites unasked
    Z, Y, value_added = world()
    assert table.flows.to_numpy() == pytest.approx(Z.to_numpy())
    assert table.final_demand.to_numpy() == pytest.approx(Y.to_numpy())
    assert table.value_added.sum().to_numpy() == pytest.approx(value_added.to_numpy())
    assert table.region.unique().tolist() == ["CAN", "USA"]


def wiod_workbook():
    """A sheet as WIOD's of 2013: four rows and columns of labels, totals last."""
    Z, Y, value_added = world()
    codes = [("AtB", "Agriculture", "c1"), ("15t16", "Food", "c2"), ("O", "Services", "c35")]
    sellers = [(code, name, region, c) for region in ("CAN", "USA") for code, name, c in codes]
    users = [(None, "Households", region, "c37") for region in ("CAN", "USA")]
    grid = np.full((6 + 6 + 2, 4 + 6 + 2 + 1), None, dtype=object)
    told = ["Intercountry Input-Output Table for 2009", None, "(industry-by-industry)"]
    grid[:4, 0] = [*told, "(millions of US$)"]
    for k, labels in enumerate([*sellers, *users, (None, "Total", "TOT", "c99")]):
        grid[2:6, 4 + k] = labels
    for k, labels in enumerate(sellers):
        grid[6 + k, :4] = labels
    grid[12:14, :4] = [(None, "Total", "TOT", "r60"), (None, "Value added", "TOT", "r64")]
    grid[6:12, 4:10], grid[6:12, 10:12] = Z, Y
    grid[6:12, 12] = Z.sum(axis=1) + Y.sum(axis=1)
    grid[12, 4:10], grid[13, 4:10], grid[12:14, 10:] = Z.sum(), value_added, 0.0
    out = io.BytesIO()
    pd.DataFrame(grid).to_excel(out, header=False, index=False)
    return out.getvalue()


def eora_files(year=2015):
    """The two archives of Eora: a year, and its labels."""
    Z, Y, value_added = world()
    part = {"T": Z, "FD": Y, "VA": value_added.to_frame().T, "Q": 0 * value_added.to_frame().T}
    part["QY"] = pd.DataFrame(np.zeros((1, 2)))
    plain = {"sep": "\t", "header": False, "index": False}
    sheets = {f"Eora26_{year}_bp_{name}.txt": f.to_csv(**plain) for name, f in part.items()}
    sectors = [("Aland", "AAA", "Industries", s) for s in ("Farms", "Food", "Services")]
    sectors += [("Bland", "BBB", "Industries", s) for s in ("Farms", "Food", "Services")]
    users = [(a, b, "Final demand", "Households") for a, b in (("Aland", "AAA"), ("Bland", "BBB"))]
    labels = {"T": sectors, "FD": users, "VA": [("Primary inputs", "All")]}
    labels["Q"] = [("Energy", "Coal (TJ)")]
    return sheets, {f"labels_{n}.txt": pd.DataFrame(f).to_csv(**plain) for n, f in labels.items()}


def test_eora_is_read_where_its_files_are(tmp_path, offline):
    sheets, labels = eora_files()
    for name, files in (("Eora26_2015_bp.zip", sheets), ("indices.zip", labels)):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for file, text in files.items():
                archive.writestr(file, text)
    table = kn.fetch_table("eora", 2015, tmp_path)
    Z, _, value_added = world()
    assert table.flows.to_numpy() == pytest.approx(Z.to_numpy())
    assert table.value_added.to_numpy()[0] == pytest.approx(value_added.to_numpy())
    assert table.industries[0] == "AAA Farms" and table.unit == "000 USD"


def test_eora_asks_for_an_account(tmp_path, offline):
    with pytest.raises(kn.ParameterError, match=r"account: give 'email', 'password'.*Eora26_2015"):
        kn.fetch_table("eora", 2015, tmp_path)
    with pytest.raises(kn.KlasternetError, match="Eora26 could not be downloaded"):
        kn.fetch_table("eora", 2015, tmp_path, email="a@b.example", password="c")


def test_no_error_tells_a_password(tmp_path, monkeypatch):
    def refused(url, **more):
        said = requests.Response()
        said.status_code, said._content, said.url = 200 if "login" in url else 403, b"", url
        return said

    monkeypatch.setattr(loader.requests, "post", refused)
    monkeypatch.setattr(loader.requests, "get", refused)
    with pytest.raises(kn.KlasternetError, match=r"HTTP Error 403.*pass=\.\.\.") as caught:
        kn.fetch_table("eora", 2015, tmp_path, email="a@b.example", password="s3cret")
    told = "".join(traceback.format_exception(caught.value))
    assert "s3cret" not in told.replace('password="s3cret"', "")  # but for the call itself
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["wiod", "oecd", "exiobase"])
def test_offline_is_told(name, tmp_path, offline):
    with pytest.raises(kn.KlasternetError, match=r"could not be downloaded.*no route.*online"):
        kn.fetch_table(name, 2005, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_gloria_is_told_of(tmp_path, offline):
    with pytest.raises(kn.ParameterError, match=r"cannot download GLORIA.*ielab\.info"):
        kn.fetch_table("gloria", 2020, tmp_path)


def test_without_pymrio(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pymrio", None)
    with pytest.raises(kn.ParameterError, match=r"pymrio, which is not.*klasternet\[mrio\]"):
        kn.fetch_table("oecd", 2018, tmp_path)


def test_what_cannot_be_is_refused(tmp_path, offline):
    with pytest.raises(kn.ParameterError, match="did you mean 'exiobase'"):
        kn.fetch_table("exiobas", 2018, tmp_path)
    for year in (1994, 2012, "2009", True):
        with pytest.raises(kn.ParameterError, match="has no year"):
            kn.fetch_table("wiod", year, tmp_path)
    (tmp_path / "IOT_2010_ixi.zip").write_bytes(b"half a file")
    with pytest.raises(kn.DataError, match=r"cannot parse IOT_2010_ixi\.zip"):
        kn.fetch_table("exiobase", 2010, tmp_path)


def test_every_database_has_its_downloader_and_parser():
    for world_table in WORLDS.values():
        assert callable(getattr(pymrio, world_table.download))
    for parser in ("parse_wiod", "parse_oecd", "parse_exiobase3", "parse_eora26", "parse_gloria"):
        assert callable(getattr(pymrio, parser))
