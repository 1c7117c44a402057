"""Mutated files for `read_table`, mutated frames for `FlowNetwork.from_edges`, and what is a fault.

`sources` has the clean ones, `packing` writes grids as files, `mutators` spoils grids, bytes and
archives, `edges` spoils frames, `verdict` reads the outcome. All is drawn from one seed.
"""
