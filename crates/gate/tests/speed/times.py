"""How long sqlglot takes to parse each text: a JSON list on standard input, a JSON object out.

Takes the number of rounds; the best round counts. A text that is not parsed has the time 0.
"""

import json
import logging
import sys
import time

import sqlglot

logging.disable(logging.CRITICAL)


def measure(text: str, rounds: int) -> int:
    best = 0
    for _ in range(rounds):
        begun = time.perf_counter_ns()
        try:
            sqlglot.parse(text, dialect="bigquery")
        except sqlglot.errors.SqlglotError:
            return 0
        took = time.perf_counter_ns() - begun
        best = min(best, took) if best else took
    return best


def main() -> None:
    rounds = int(sys.argv[1])
    texts = json.load(sys.stdin)
    sqlglot.parse("SELECT 1", dialect="bigquery")
    times = [measure(text, rounds) for text in texts]
    python = sys.version.split()[0]
    version = f"sqlglot {sqlglot.__version__} on Python {python}"
    json.dump({"version": version, "nanoseconds": times}, sys.stdout)


main()
