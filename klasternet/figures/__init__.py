"""Figures at their printed size, in type that journals take. The only room that knows matplotlib.

`canvas` has the page, the type and the palette, `sheet` the strokes that figures are made of; most
other files draw one kind of figure. A plan stands apart from its drawing: `planning` (matrix),
`ring` (cluster flows), `strata` (evolution), `arrangement` and its neighbours (network).
"""
