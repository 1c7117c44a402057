"""klasternet finds industrial clusters in networks of flows.

This face hands public names on and defines nothing. Names load when they are first used
(PEP 562), so that the import costs next to nothing.
"""

from importlib import import_module as _import_module

__version__ = "0.1.0"

_ROOMS = {
    "assessment.accounts": ["ghosh", "key_industries", "linkages", "multipliers"],
    "assessment.circuits": ["FeedbackLoops", "feedback_loops"],
    "assessment.colocation": ["coagglomeration", "group_coagglomeration"],
    "assessment.dispersion": ["concentration", "litzenberger_sternberg"],
    "assessment.distances": ["KDensity", "k_density"],
    "assessment.exports": ["basic_employment", "export_base", "export_role"],
    "assessment.extraction": ["Extraction", "extract"],
    "assessment.hotspots": ["local_g", "local_moran", "neighbours"],
    "assessment.impacts": ["Impact", "impact"],
    "assessment.opportunity": ["cluster_employment", "gaps", "opportunities", "portfolio"],
    "assessment.plants": ["ellison_glaeser"],
    "assessment.profiles": ["ClusterProfile", "cluster_profile"],
    "assessment.quotients": ["location_quotients"],
    "assessment.rosenfeld": ["Scorecard", "scorecard"],
    "assessment.relatedness": [
        "Complexity",
        "blend",
        "complexity",
        "proximity",
        "relatedness_density",
    ],
    "assessment.shifts": ["shift_share"],
    "assessment.weighing": ["pairwise_weights"],
    "assessment.positions": [
        "average_propagation_length",
        "downstreamness",
        "field_of_influence",
        "multiplier_product_matrix",
        "upstreamness",
        "vertical_specialisation",
    ],
    "certificate": ["Certificate"],
    "clusters": ["Clusters"],
    "datasets": [],
    "detectors.detection": ["detect"],
    "detectors.nesting": ["Levels", "levels"],
    "detectors.resolution": ["profile_resolution"],
    "environment": ["show_versions"],
    "errors": [
        "AlignmentError",
        "ContractError",
        "ConvergenceError",
        "DataError",
        "KlasternetError",
        "KlasternetWarning",
        "ParameterError",
    ],
    "evidence.chance": ["Significance", "significance"],
    "evidence.comparison": ["Agreement", "agreement"],
    "evidence.contenders": ["compare"],
    "evidence.evolution": ["Evolution", "evolve"],
    "evidence.proof": ["certify"],
    "evidence.readings": ["density"],
    "evidence.robustness": ["Stability", "stability"],
    "evidence.universes": ["multiverse"],
    "evidence.validation": ["ValidationScores", "validation_scores"],
    "figures.accord": ["draw_agreement"],
    "figures.alluvial": ["draw_evolution"],
    "figures.cards": ["draw_scorecard"],
    "figures.chance": ["draw_null"],
    "figures.flows": ["draw_cluster_flows"],
    "figures.maps": ["draw_map"],
    "figures.matrix": ["draw_matrix"],
    "figures.profile": ["draw_resolution"],
    "figures.quotients": ["draw_location_quotients"],
    "figures.specification": ["draw_multiverse"],
    "figures.measuring": ["legibility"],
    "figures.network": ["caption", "draw_network"],
    "figures.placement": ["network_arrows", "network_positions"],
    "figures.publishing": ["style"],
    "network": ["FlowNetwork"],
    "lift": ["Gravity", "gravity"],
    "qualities": ["objective"],
    "registry": ["detector", "layout", "null_model", "quality", "tie_rule"],
    "reporting.writing": ["report"],
    "tables.balancing": ["Balanced", "balance"],
    "tables.concordance": ["reclassify"],
    "tables.mrio": ["from_pymrio", "to_pymrio"],
    "tables.multiregional": ["from_two_levels"],
    "tables.reading": ["read_table", "read_tables"],
    "tables.regional": ["regionalise"],
    "tables.sectors": ["name_sectors", "sector_names"],
    "tables.shortening": ["shorten"],
    "tables.supply_use": ["from_supply_use"],
    "tables.table": ["IOTable"],
    "tables.world_tables": ["fetch_table"],
    "ties": ["backbone", "tie"],
}
_WHERE = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = sorted(["__version__", "datasets", *_WHERE])


def __getattr__(name: str) -> object:
    if name in _WHERE:
        value = getattr(_import_module(f".{_WHERE[name]}", __name__), name)
        globals()[name] = value
        return value
    if name in _ROOMS:
        return _import_module(f".{name}", __name__)
    raise AttributeError(f"module 'klasternet' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
