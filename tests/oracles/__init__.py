"""Oracles: answers by other roads than klasternet's, to hold it against.

`slow` computes in plain loops, by exhaustion or by generic solvers; `peers` asks other programs;
`tables` reads the shared tables as bare arrays, without klasternet's readers.
"""
