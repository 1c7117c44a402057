"""Arrays in, arrays out, compiled by numba. No names, no frames, no files, no checks of input.

Each kernel has one signature and is kept small, so that the first call compiles in seconds and
every later process loads machine code from the cache.
"""
