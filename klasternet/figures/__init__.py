"""Figures at their printed size, in type that journals take. The only room that knows matplotlib.

`canvas` has the page, the type and the palette; every other file here draws one kind of figure.
"""
