"""Faults that a regional analysis meets: every reading names them, with a cure, and no NaN."""

import numpy as np
import pandas as pd
import pytest

import klasternet as kn

GERMANY = kn.datasets.load("germany_1995")
NAMES = list(GERMANY.industries)
LABELS = ["goods"] * 3 + ["services"] * 2 + [None]
CLUSTERS = kn.Clusters.from_labels(kn.FlowNetwork.from_table(GERMANY), LABELS)
PLACES = ["coast", "city", "hill", "plain"]
JOBS = pd.DataFrame(np.arange(1, 25).reshape(4, 6) ** 1.3, PLACES, NAMES)
PLANTS = JOBS.rename_axis("region").reset_index().melt("region", NAMES, "industry", "employment")
NEAR = pd.DataFrame(1.0 - np.eye(4), PLACES, PLACES)
EACH = pd.Series(1.0, PLACES)


def misspelt(thing):
    """The same with one letter wrong: 'Industri' for 'Industry', 'coats' for 'coast'."""
    wrong = {"Industry": "Industri", "coast": "coats"}
    if isinstance(thing, pd.Series):
        return thing.rename(wrong)
    return thing.rename(index=wrong, columns=wrong)


OTHER_NAMES = {  # verb: with names that do not match; the name that lacks stands in the message
    "quotients": lambda: kn.location_quotients(JOBS, reference=misspelt(JOBS.sum() * 2)),
    "concentration": lambda: kn.concentration(JOBS, reference=misspelt(JOBS.sum(axis=1))),
    "cluster index": lambda: kn.litzenberger_sternberg(JOBS, EACH, misspelt(EACH), JOBS),
    "plants": lambda: kn.ellison_glaeser(PLANTS, misspelt(EACH)),
    "coagglomeration": lambda: kn.coagglomeration(CLUSTERS, misspelt(JOBS)),
    "a group": lambda: kn.group_coagglomeration(misspelt(JOBS), ["Industry", "Trade"]),
    "hot spots": lambda: kn.local_g(JOBS["Trade"], misspelt(NEAR)),
    "local Moran": lambda: kn.local_moran(JOBS["Trade"], misspelt(NEAR), seed=1),
    "shift-share": lambda: kn.shift_share(JOBS, misspelt(JOBS)),
    "portfolio": lambda: kn.portfolio(misspelt(JOBS), JOBS),
    "relatedness": lambda: kn.relatedness_density(JOBS, misspelt(JOBS.corr().abs())),
    "blend": lambda: kn.blend(JOBS.corr().abs(), misspelt(JOBS.corr().abs())),
    "opportunities": lambda: kn.opportunities(CLUSTERS, misspelt(JOBS)),
    "gaps": lambda: kn.gaps(CLUSTERS, misspelt(JOBS.loc["city"]), JOBS.sum()),
    "sums by cluster": lambda: kn.cluster_employment(CLUSTERS, misspelt(JOBS)),
    "export base": lambda: kn.export_base(JOBS, reference=misspelt(JOBS.sum())),
    "export role": lambda: kn.export_role(CLUSTERS, GERMANY, misspelt(GERMANY.exports)),
    "multipliers": lambda: kn.multipliers(GERMANY, misspelt(GERMANY.output)),
    "extraction": lambda: kn.extract(GERMANY, ["Trade", "Industri"]),
    "impact": lambda: kn.impact(GERMANY, {"Industri": 5.0}),
    "influence": lambda: kn.field_of_influence(GERMANY, "Industri", "Trade"),
    "satellites": lambda: GERMANY.replace(satellites=misspelt(GERMANY.satellites)),
}


@pytest.mark.parametrize("case", OTHER_NAMES)
def test_names_that_do_not_match_are_named(case):
    with pytest.raises(kn.AlignmentError, match=r"'(Industry|Industri|coast|coats)'"):
        OTHER_NAMES[case]()


DESERT = pd.concat([JOBS, pd.DataFrame(0.0, ["desert"], NAMES)])
EMPTY_REGION = {
    "quotients": lambda: kn.location_quotients(DESERT),
    "quotients, money": lambda: kn.location_quotients(DESERT, level=None, reference=JOBS.sum()),
    "concentration": lambda: kn.concentration(DESERT),
    "coagglomeration": lambda: kn.coagglomeration(DESERT),
    "proximity": lambda: kn.proximity(DESERT),
    "relatedness": lambda: kn.relatedness_density(DESERT),
    "complexity": lambda: kn.complexity(DESERT),
    "opportunities": lambda: kn.opportunities(CLUSTERS, DESERT),
    "portfolio": lambda: kn.portfolio(DESERT, DESERT),
    "export base": lambda: kn.export_base(DESERT),
}


@pytest.mark.parametrize("case", EMPTY_REGION)
def test_an_empty_region_has_no_quotient(case):
    with pytest.raises(kn.DataError, match=r"region 'desert' is empty.*Leave empty ones out"):
        EMPTY_REGION[case]()


def test_an_empty_region_grows_by_nothing():
    assert (kn.shift_share(DESERT, DESERT * 2).loc["desert"] == 0).all()


@pytest.mark.parametrize(
    ("plants", "message"),
    [
        (JOBS, r"needs plants: one row for each.*concentration\(employment\)"),
        (PLANTS.iloc[:0], "there are no plants. Give one row"),
        (PLANTS.query("region == 'city'"), "single plant.*Leave out such industries, or merge"),
        (PLANTS.drop(columns="employment"), "no column 'employment'.*'plants'"),
        (PLANTS.assign(employment=0.0), "employs nobody. Leave the industry out"),
        (PLANTS.assign(employment=np.nan), "give a number from 0"),
        (PLANTS.assign(region="city"), "all employment is in one region. Give plants of two"),
    ],
    ids=["no plants", "none", "single", "no sizes", "idle", "missing", "one region"],
)
def test_ellison_glaeser_without_plants(plants, message):
    with pytest.raises((kn.DataError, kn.ParameterError), match=message):
        kn.ellison_glaeser(plants)


def small(**changes):
    """Two industries of which each unit of output uses up a unit of output: singular."""
    pair = ["farms", "mills"]
    flows = pd.DataFrame([[60.0, 50], [60, 50]], pair, pair)
    parts = {
        "output": pd.Series(110.0, pair),
        "final_demand": pd.DataFrame({"Homes": [-1.0, -1], "Exports": [1.0, 1]}, pair),
        "exports": ["Exports"],
        "imports": flows * 0.1,
        "value_added": pd.DataFrame([[1.0, 1]], ["Wages"], pair),
    }
    return kn.IOTable(changes.pop("flows", flows), **(parts | changes))


def own_clusters(table):
    return kn.Clusters.from_labels(kn.FlowNetwork.from_table(table), [0] + [1] * (table.n - 1))


READINGS = {
    "multipliers": kn.multipliers,
    "linkages": kn.linkages,
    "key industries": kn.key_industries,
    "upstreamness": kn.upstreamness,
    "open upstreamness": lambda t: kn.upstreamness(t, "open"),
    "downstreamness": kn.downstreamness,
    "propagation": kn.average_propagation_length,
    "influence": kn.field_of_influence,
    "landscape": kn.multiplier_product_matrix,
    "import content": kn.vertical_specialisation,
    "extraction": kn.extract,
    "impact": lambda t: kn.impact(t, {"farms": 1.0}),
    "export role": lambda t: kn.export_role(own_clusters(t), t),
}


@pytest.mark.parametrize("case", READINGS)
def test_a_singular_system(case):
    with pytest.raises(kn.ConvergenceError, match=r"'farms'.*Check their output and unit with aud"):
        READINGS[case](small())


def productive(**changes):
    pair = ["farms", "mills"]
    parts = {
        "flows": pd.DataFrame([[150.0, 500], [200, 100]], pair, pair),
        "output": pd.Series([1000.0, 2000], pair),
        "final_demand": pd.DataFrame({"Homes": [100.0, 500], "Exports": [250.0, 1200]}, pair),
        "imports": None,
        "value_added": pd.DataFrame([[650.0, 1400]], ["Wages"], pair),
        "satellites": pd.DataFrame([[30.0, 40]], ["Jobs"], pair),
    }
    return small(**(parts | changes))


CARRIED = {
    "multipliers": lambda t, of: kn.multipliers(t, of)[["direct", "effect", "type_i"]],
    "impact": lambda t, _: kn.impact(t, {t.industries[0]: 1.0}).table,
    "extraction": lambda t, _: kn.extract(t).table,
    "export role": lambda t, _: kn.export_role(own_clusters(t), t).drop(columns="kind"),
}


@pytest.mark.parametrize("case", CARRIED)
def test_negative_value_added_is_told(case):
    pair = ["farms", "mills"]
    table = productive(value_added=pd.DataFrame([[650.0, -14]], ["Wages"], pair))
    with pytest.warns(kn.KlasternetWarning, match=r"negative in 'mills'.*See table\.audit"):
        out = CARRIED[case](table, "value added")
    assert np.isfinite(out.to_numpy(dtype=float)).all()
    assert (table.audit().set_index("check").loc["negative value added", "status"]) == "warn"


def wages(name, farms, mills):
    return productive(satellites=pd.DataFrame([[farms, mills]], [name], ["farms", "mills"]))


def jobs(**cells):
    """Germany's employees in thousands, but for some in persons."""
    rows = GERMANY.satellites.loc[["Employees"]].assign(**cells)
    return GERMANY.replace(satellites=rows)


WRONG_UNIT = {  # table, row, what the warning says
    "all wages": (
        wages("Wages and salaries", 650e3, 1400e3),
        "Wages and salaries",
        r"'mills' is 700 times its output; give it in the unit of the table",
    ),
    "wages of one": (
        wages("Upah dan gaji", 650.0, 1400e3),
        "Upah dan gaji",
        r"'mills' is 700 times its output; give it in the unit of the table",
    ),
    "jobs of one": (
        jobs(Construction=3_001_000.0),
        "Employees",
        r"'Construction' is, .* 1,\d+ times what the others have.*whole row in one unit",
    ),
}


@pytest.mark.parametrize("case", CARRIED)
@pytest.mark.parametrize("fault", WRONG_UNIT)
def test_satellites_in_another_unit(case, fault):
    table, of, message = WRONG_UNIT[fault]
    with pytest.warns(kn.KlasternetWarning, match=message):
        out = CARRIED[case](table, of)
    assert np.isfinite(out.to_numpy(dtype=float)).all()


@pytest.mark.parametrize("case", CARRIED)
@pytest.mark.filterwarnings("error")
def test_no_false_alarm_of_units(case):
    for factor in (1e-3, 1.0, 1e3):  # persons, thousands: any unit for all is right
        table = productive()
        out = CARRIED[case](table.replace(satellites=table.satellites * factor), "Jobs")
        assert np.isfinite(out.to_numpy(dtype=float)).all()


@pytest.mark.filterwarnings("error")
def test_units_of_published_accounts(shared):
    """Jobs, hours, wages and capital of the U.S. 2014; wages and jobs of Chile: all as they are."""
    table = kn.read_table(shared / "wiod2016_niot_usa", names="code")
    accounts = pd.read_csv(shared / "wiod2016_niot_usa" / "socioeconomic_2000_2014.csv")
    accounts = accounts.query("year == 2014").set_index("code").loc[table.industries].fillna(0)
    for of in ("EMP", "H_EMPE", "COMP", "K"):
        assert (kn.multipliers(table, accounts[of])["effect"] >= 0).all()
    chile = kn.read_table(shared / "chile_2013_12")
    for of in chile.satellites.index:
        assert (kn.multipliers(chile, of)["effect"] > 0).all()


def test_the_labour_of_west_java(shared):
    """31,031 persons are said to make 2.8 billion rupiah in river transport, a table's slip."""
    table = kn.read_table(shared / "indonesia_province_jawa_barat_52")
    listed = pd.read_csv(shared / "indonesia_province_jawa_barat_52" / "sectors.csv")
    labour = pd.Series(listed["labour"].to_numpy(float), table.industries, name="Labour")
    with pytest.warns(kn.KlasternetWarning, match=r"'Labour' of 'Angkutan Sungai Danau"):
        kn.multipliers(table, labour)


# ------------------------------------------------------------------------ numbers that are none


def spoilt(thing, value):
    """The same with its first number replaced."""
    out = thing.astype(float).copy()
    if isinstance(out, pd.Series):
        out.iloc[0] = value
    else:
        out.iloc[0, 0] = value
    return out


NO_NUMBER = {
    "quotients": lambda v: kn.location_quotients(spoilt(JOBS, v)),
    "a reference": lambda v: kn.location_quotients(JOBS, reference=spoilt(JOBS.sum() * 2, v)),
    "concentration": lambda v: kn.concentration(JOBS, reference=spoilt(EACH, v)),
    "plants": lambda v: kn.ellison_glaeser(PLANTS.assign(employment=[v] + [1.0] * 23)),
    "coagglomeration": lambda v: kn.coagglomeration(CLUSTERS, spoilt(JOBS, v), draws=9, seed=1),
    "hot spots": lambda v: kn.local_g(spoilt(JOBS, v), NEAR),
    "weights": lambda v: kn.local_moran(JOBS, spoilt(NEAR, v), draws=9, seed=1),
    "places": lambda v: kn.neighbours(pd.DataFrame({"x": [v, 1, 2], "y": [0, 1, 2]}), within=1),
    "shift-share": lambda v: kn.shift_share(JOBS, spoilt(JOBS, v)),
    "portfolio": lambda v: kn.portfolio(spoilt(JOBS, v), JOBS),
    "relatedness": lambda v: kn.relatedness_density(JOBS, spoilt(JOBS.corr().abs(), v)),
    "blend": lambda v: kn.blend(JOBS.corr().abs(), weights=[v]),
    "opportunities": lambda v: kn.opportunities(CLUSTERS, spoilt(JOBS, v)),
    "export base": lambda v: kn.export_base(spoilt(JOBS, v)),
    "multipliers": lambda v: kn.multipliers(GERMANY, spoilt(GERMANY.output, v)),
    "impact": lambda v: kn.impact(GERMANY, {"Trade": v}),
    "impact of a category": lambda v: kn.impact(GERMANY, v, "Exports"),
    "extraction": lambda v: kn.extract(GERMANY, "Trade", share=v),
    "export role": lambda v: kn.export_role(CLUSTERS, GERMANY, spoilt(GERMANY.exports, v)),
    "satellites": lambda v: GERMANY.replace(satellites=spoilt(GERMANY.satellites, v)),
}


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("case", NO_NUMBER)
@pytest.mark.filterwarnings("error")
def test_no_nan_goes_in(case, value):
    with pytest.raises((kn.DataError, kn.ParameterError)) as caught:
        NO_NUMBER[case](value)
    assert len(str(caught.value)) > 30
