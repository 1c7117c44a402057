"""Detectors return labels: which industries belong together. `detection` is the one door."""
