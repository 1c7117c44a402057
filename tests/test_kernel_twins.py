"""Every compiled kernel has a slow twin, or laws where its answer is not the only one.

A new kernel without either fails here. What is private is tested through who calls it.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import klasternet

KERNELS = Path(klasternet.__file__).parent / "kernels"
TESTS = Path(__file__).parent

# Module: test: what it holds against plain Python, or against another program.
TWINS = {
    "ascent": {
        "test_kernels.test_ascent_ends_with_the_bound_of_its_multipliers": "ascend",
        "test_bounding.test_rounding_of_reduced_weights_is_told_in_full": "reduced",
    },
    "arcs": {"test_kernels.test_rows_keep_the_network": "Ties"},
    "bending": {
        "test_diagram_kernels.test_what_a_body_and_a_curve_cost_by_themselves": (
            "alone standing worth"
        ),
    },
    "climbing": {"test_own_objective.test_modularity_of_one_s_own_is_modularity": "mover"},
    "curves": {
        "test_kernels.test_curves_meet_where_their_segments_do": ("at_curve rim meetings beneath"),
        "test_diagram_kernels.test_an_arrow_is_a_parabola_from_rim_to_rim": "trace",
        "test_diagram_kernels.test_heads_lie_under_boxes_that_they_meet": "buried",
    },
    "cuts": {
        "test_certificate.test_pairs_are_numbered_row_by_row": "pair",
        "test_kernels.test_inequalities_are_written_down_as_they_are": "spread triangle_rows",
    },
    "dense": {
        "test_kernels.test_numbering_keeps_the_partition": "compact",
        "test_dense_engine.test_within_sums_every_pair_once": "within",
        "test_dense_engine.test_aggregation_leaves_q_as_it_is": "aggregate",
        "test_dense_engine.test_a_first_partition_joins_best_partners": "pair_up",
        "test_moves.test_the_state_follows_every_move": "load",
    },
    "draws": {"test_kernels.test_sums_inside_clusters_and_limits_of_what_is_shown": "inside"},
    "gravity": {"test_lift.test_lift_is_that_of_the_slow_twin": "fit_lift"},
    "groups": {
        "test_sparse_kernels.test_shuffled_orders_are_permutations_and_all_as_likely": "shuffle",
        "test_sparse_kernels.test_partners_are_the_best_of_the_dominant": "partners",
        "test_sparse_kernels.test_who_is_paired_is_in_one_group": "pair_up",
    },
    "joining": {
        "test_kernels.test_boxes_discs_and_lines_meet_where_they_meet": "gap away",
        "test_diagram_kernels.test_chains_are_the_shortest_and_know_who_stands_on_them": (
            "join standing_on"
        ),
    },
    "large": {
        "test_large_kernels.test_margins_and_the_lowest_cell": "margins",
        "test_large_kernels.test_a_table_is_added_up_by_groups": (
            "pair_best members_of add_rows between pulls_of own_sums"
        ),
    },
    "large_moves": {
        "test_large_kernels.test_lines_and_what_follows_from_them": (
            "lines_of shift pull_of after_shift"
        ),
        "test_large_kernels.test_single_moves_gain_what_q_gains": "gains_of move_some",
        "test_large_kernels.test_who_is_set_apart_has_a_group_of_their_own": "set_apart",
        "test_large_kernels.test_a_higher_resolution_takes_masses_off": "finer",
    },
    "large_gravity": {
        "test_kernels.test_a_round_of_a_large_fit": "centre fit_round lift_of",
    },
    "louvain": {
        "test_kernels.test_rows_of_louvain_add_up_edges": "rows row_totals",
        "test_backend.test_louvain_is_that_of_networkx_partition_by_partition": "move",
        "test_backend.test_a_shuffle_is_that_of_python_and_leaves_its_state": "shuffle",
    },
    "overlaps": {
        "test_kernels.test_boxes_discs_and_lines_meet_where_they_meet": (
            "disc_apart crosses over_disc over_box"
        ),
        "test_diagram_kernels.test_penalties_are_the_points_by_which_things_overlap": (
            "boxes_apart outside texts turn bodies_apart body_apart texts_apart text_outside faults"
        ),
    },
    "pairs": {"test_kernels.test_pairs_are_counted_by_their_distance": "pairs_by_distance"},
    "pairwise": {
        "test_diagram_kernels.test_a_move_costs_what_the_whole_page_costs_more": (
            "page_of before after commit"
        ),
    },
    "placing": {
        "test_diagram_kernels.test_boxes_titles_and_lines_follow_their_bodies": "draw frame",
    },
    "proportional": {"test_properties.test_a_null_model_keeps_its_margins": "fit_masses"},
    "pulls": {
        "test_dense_engine.test_pulls_of_both_measures": "pull pull_flow",
        "test_dense_engine.test_hidden_cells_pull_neither_way": "pull_seen",
    },
    "rows": {
        "test_kernels.test_rows_keep_the_network": "FilledLevels compact aggregate split",
        "test_sparse_kernels.test_nodes_in_the_order_of_their_labels": "sort_by",
    },
    "separation": {
        "test_kernels.test_inequalities_are_written_down_as_they_are": "rows_of",
        "test_kernels.test_broken_triangles_are_all_found": "triangles",
        "test_kernels.test_what_is_found_around_industries_is_broken": "around",
    },
    "sweeps": {
        "test_sparse_kernels.test_records_of_communities": (
            "record_shift both_ways itself largest_degree begin"
        ),
        "test_sparse_kernels.test_nodes_are_sent_where_they_gain_most": "propose",
        "test_sparse_kernels.test_a_batch_gains_what_q_gains": "settle take",
        "test_sparse_kernels.test_to_advance_is_batch_after_batch": "advance",
    },
}

# Searches and draws, whose answer is not the only one: what it must keep.
LAWS = {
    "bending": {"test_diagram_kernels.test_without_heat_polishing_never_costs_more": "polish"},
    "climbing": {"test_own_objective.test_the_best_of_all_partitions": "climb"},
    "dense": {
        "test_dense_engine.test_gain_of_moves_is_the_change_of_q": "local_moves settle",
        "test_dense_engine.test_refinement_splits_clusters_into_parts_that_gain": "refine",
        "test_dense_engine.test_perturbation_never_lowers_q": "perturb",
    },
    "draws": {
        "test_kernels.test_ranks_are_dealt_out_where_they_may_stand": "deal",
        "test_kernels.test_a_short_search_ends_where_no_move_gains": "search",
    },
    "groups": {"test_sparse_kernels.test_refinement_keeps_its_promises": "refine"},
    "large": {"test_large_kernels.test_clusters_are_taken_apart_within": "take_apart"},
    "mapping": {"test_map_equation.test_the_search_finds_the_shortest_code_of_all": "move"},
    "placing": {"test_diagram_kernels.test_without_heat_placing_never_costs_more": "anneal"},
}


def named(module):
    """Names of a module that are held against something, and by which test."""
    return {
        name: test
        for held in (TWINS, LAWS)
        for test, names in held.get(module, {}).items()
        for name in names.split()
    }


def is_compiled(node):
    """Whether a function is decorated by njit."""
    called = [rule.func if isinstance(rule, ast.Call) else rule for rule in node.decorator_list]
    return any(getattr(rule, "id", getattr(rule, "attr", "")) == "njit" for rule in called)


def inside(tree):
    """Outermost functions and classes, and the names that each speaks of."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            spoken = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            kernel = any(is_compiled(f) for f in ast.walk(node) if isinstance(f, ast.FunctionDef))
            yield node.name, kernel, spoken


def untested(module, tree):
    """Kernels that nothing is held against, not through who calls them either."""
    parts = list(inside(tree))
    known = set(named(module))
    while True:
        through = {
            name
            for name, kernel, _ in parts
            if name.startswith("_")
            and any(caller in known and name in spoken for caller, _, spoken in parts)
        }
        if through <= known:
            return {name for name, kernel, _ in parts if kernel} - known
        known |= through


FILES = sorted(path for path in KERNELS.glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_kernel_has_a_twin_or_a_law(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not untested(path.stem, tree)
    for name, test in named(path.stem).items():
        file, function = test.split(".")
        there = ast.parse((TESTS / f"{file}.py").read_text(encoding="utf-8"))
        tests = {part.name for part in there.body if isinstance(part, ast.FunctionDef)}
        assert function in tests, f"the test of {name}"


def test_a_kernel_without_a_twin_is_found():
    source = """
@njit(cache=True)
def lonely(x):
    return _helped(x)

@njit
def _helped(x):
    return x

@numba.njit
def worth(x):
    return _through(x)

@njit
def _through(x):
    return x

def plain(x):
    return x
"""
    assert untested("bending", ast.parse(source)) == {"lonely", "_helped"}
