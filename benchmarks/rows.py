"""Invoices in Parquet to clusters through DuckDB: rows a second and peak memory.

    python -m benchmarks.rows FOLDER [--rows 200000000] [--firms 100000] [--memory 4] [--threads 2]

The invoices are made once, in files of ten million, and kept in FOLDER (2.3 GB for 200 million):
nine of ten between the two ends of a lasting relation (ten for each firm, three quarters of them
within the firm's own group of 500 firms), one of ten anywhere. Then a process of its own reads
them: DuckDB, kept to --memory GiB, numbers the firms and sums each pair; what is measured is the
time of every step and the most memory that process held.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

GROUP, PARTNERS = 500, 10
CHUNK = 10_000_000


def make(folder: Path, rows: int, firms: int) -> None:
    """Write what is not there yet."""
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute("SET threads = 2; SET memory_limit = '2GB'")
    for start in range(0, rows, CHUNK):
        file = folder / f"invoices_{firms}_{start // CHUNK:03}.parquet"
        count = min(CHUNK, rows - start)
        if file.exists() and connection.read_parquet(str(file)).shape[0] == count:
            continue
        unfinished = file.with_suffix(".part")
        connection.execute(
            f"""
            COPY (
              WITH drawn AS (
                SELECT i, hash(i) % {firms} AS s, hash(i + 0.25) % {PARTNERS} AS p,
                       hash(i + 0.5) AS r FROM range({start}, {start + count}) t(i)
              ), paired AS (
                SELECT s, r, CASE
                  WHEN r % 10 = 0 THEN hash(i + 0.75) % {firms}
                  WHEN hash(s * {PARTNERS} + p) % 4 > 0
                    THEN hash((s * {PARTNERS} + p) * 3 + 1) % {GROUP} + s - s % {GROUP}
                  ELSE hash((s * {PARTNERS} + p) * 3 + 2) % {firms} END AS b
                FROM drawn
              )
              SELECT 'F' || lpad(s::VARCHAR, 9, '0') AS seller,
                     'F' || lpad((b % {firms})::VARCHAR, 9, '0') AS buyer,
                     (1 + r % 100000) / 100.0 AS amount FROM paired
            ) TO '{unfinished}' (FORMAT parquet, COMPRESSION zstd)
            """
        )
        unfinished.rename(file)


def read(folder: Path, rows: int, firms: int, memory: int, threads: int) -> None:
    """From the files to labels, told step by step."""
    import duckdb

    from klasternet import FlowNetwork, detect

    names = sorted(folder.glob(f"invoices_{firms}_*.parquet"))[: -(-rows // CHUNK)]
    size = sum(name.stat().st_size for name in names) / 2**30
    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}; SET memory_limit = '{memory}GiB'")
    connection.execute(f"SET temp_directory = '{folder}/spill'")
    invoices = connection.read_parquet([str(name) for name in names])
    print(
        f"{rows:,} invoices between {firms:,} firms, {size:.2f} GiB of Parquet; {threads} threads"
    )
    start = time.perf_counter()
    network = FlowNetwork.from_edges(invoices, "seller", "buyer", "amount")
    summed = time.perf_counter() - start
    most = peak()
    print(f"to a network of {network.flows.nnz:,} flows: {summed:.1f} s, ", end="")
    print(f"{rows / summed / 1e6:.2f} million rows a second, peak {most:.2f} GiB")
    start = time.perf_counter()
    clusters = detect(
        network, measure="flow", null="configuration", resolution=1, support=0, contrast=0, seed=0
    )
    found = time.perf_counter() - start
    print(f"to {len(clusters):,} clusters: {found:.1f} s, peak {peak():.2f} GiB")
    print(
        f"in all {summed + found:.1f} s, {rows / (summed + found) / 1e6:.2f} million rows a second"
    )


def peak() -> float:
    """The most memory this process has held, GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=200_000_000)
    parser.add_argument("--firms", type=int, default=100_000)
    parser.add_argument("--memory", type=int, default=4, help="GiB that DuckDB may take")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--reading", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.reading:
        return read(given.folder, given.rows, given.firms, given.memory, given.threads)
    start = time.perf_counter()
    make(given.folder, given.rows, given.firms)
    print(f"invoices at hand after {time.perf_counter() - start:.0f} s", flush=True)
    command = [sys.executable, "-m", "benchmarks.rows", *sys.argv[1:], "--reading"]
    raise SystemExit(subprocess.run(command).returncode)


if __name__ == "__main__":
    main()
