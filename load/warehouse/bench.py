"""The simulator's speed beside DuckDB's on the same Parquet files in the same run.

Usage: bench.py AUTOPILOT-SANDBOX [--rows N] [--rounds N] [--json]

DuckDB reads the file with as many threads as it likes; the simulator answers over HTTP, JSON and all.
Each query's rows are compared first. A figure is the median of the rounds; exit 1 when a limit of
load/thresholds.toml, table `warehouse`, is missed.
"""

import argparse
import http.client
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.parse
from pathlib import Path

import duckdb
import google.auth.transport.requests
from google.oauth2 import service_account

from queries import PAIRS

SCOPE = "https://www.googleapis.com/auth/bigquery.readonly"
LIMITS = Path(__file__).resolve().parent.parent / "thresholds.toml"
PURCHASE = """
    SELECT i AS id, 1 + (hash(i) % 50000)::BIGINT AS customer_id, (hash(i + 7) % 100000)::BIGINT AS cents,
        ['paid', 'paid', 'paid', 'refunded', 'open'][1 + (hash(i + 1) % 5)::INT] AS status,
        ['web', 'app', 'shop'][1 + (hash(i + 2) % 3)::INT] AS channel,
        TIMESTAMPTZ '2025-01-01 00:00:00+00' + to_seconds((hash(i + 3) % 31536000)::BIGINT) AS placed_at,
        (DATE '2025-01-01' + (hash(i + 4) % 365)::INT) AS day,
        'https://shop.example/p?id=' || i || '&campaign=c' || (hash(i + 5) % 12) || '&x=1' AS page,
        '{"device": "' || ['phone', 'desk'][1 + (hash(i + 6) % 2)::INT] || '", "version": ' || i % 9 || '}' AS detail
    FROM range(__ROWS__) AS r(i)"""
CUSTOMER = """
    SELECT i AS id, ['DE', 'FR', 'US', 'JP', 'BR'][1 + (hash(i) % 5)::INT] AS country FROM range(1, 50001) AS r(i)"""


class Simulator:
    """A running server, one kept connection to it."""

    def __init__(self, binary, *flags):
        self.folder = tempfile.TemporaryDirectory()
        info = Path(self.folder.name) / "info.json"
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [binary, "serve", "--port", "0", "--info-file", str(info), "--die-with-stdin", *flags],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while not info.exists() or not info.read_text():
            if self.process.poll() is not None:
                sys.exit(f"bench: the simulator ended: {self.process.stderr.read()}")
            time.sleep(0.005)
        self.ready = time.monotonic() - begun
        self.info = json.loads(info.read_text())
        address = urllib.parse.urlsplit(self.info["base_url"])
        self.http = http.client.HTTPConnection(address.hostname, address.port)
        self.token = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.close()
        self.process.stdin.close()
        self.process.wait(10)
        self.folder.cleanup()

    def authorise(self):
        """A token for the published key, by the signed request that Google's own library sends."""
        key = json.loads(Path(self.info["key_path"]).read_text())
        credentials = service_account.Credentials.from_service_account_info(key, scopes=[SCOPE])
        credentials.refresh(google.auth.transport.requests.Request())
        self.token = credentials.token

    def query(self, sql):
        body = {"query": sql, "useLegacySql": False, "useQueryCache": False, "timeoutMs": 60000,
                "defaultDataset": {"projectId": self.info["project"], "datasetId": self.info["dataset"]}}
        self.http.request("POST", f"/bigquery/v2/projects/{self.info['project']}/queries", json.dumps(body),
                          {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        answer = self.http.getresponse()
        text = answer.read()
        if answer.status != 200:
            sys.exit(f"bench: {sql}: {text.decode()}")
        return json.loads(text)


def plain(value):
    """One value in a form that both sides share: numbers as floats, dates as ISO text."""
    if value is None or isinstance(value, bool):
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value)


def same(ours, theirs):
    """Rows are equal; floats up to the order in which they were added."""
    if len(ours) != len(theirs):
        return False
    for left, right in zip(ours, theirs):
        for a, b in zip(left, right):
            near = isinstance(a, float) and isinstance(b, float) and math.isclose(a, b, rel_tol=1e-9)
            if a != b and not near:
                return False
    return True


def rows_of(answer):
    return [[plain(cell["v"]) for cell in row["f"]] for row in answer.get("rows", [])]


def median_ms(rounds, call):
    call()
    spent = []
    for _ in range(rounds):
        begun = time.perf_counter()
        call()
        spent.append((time.perf_counter() - begun) * 1000)
    return statistics.median(spent)


def compare(simulator, engine, rounds):
    """Each pair: equal rows, then medians, in turns so that a slow minute meets both."""
    for pair in PAIRS:
        ours = rows_of(simulator.query(pair.bigquery))
        theirs = [[plain(value) for value in row] for row in engine.execute(pair.duckdb).fetchall()]
        if not same(ours, theirs):
            sys.exit(f"bench: {pair.name}: the two answers differ: {ours[:3]} and {theirs[:3]}")
        duck = median_ms(rounds, lambda: engine.execute(pair.duckdb).fetchall())
        mine = median_ms(rounds, lambda: simulator.query(pair.bigquery))
        yield {"query": pair.name, "own": pair.own, "duckdb_ms": duck, "simulator_ms": mine, "ratio": mine / duck}


def written(folder, rows):
    engine = duckdb.connect()
    engine.execute("SET TimeZone = 'UTC'")
    for name, sql in (("purchase", PURCHASE.replace("__ROWS__", str(rows))), ("customer", CUSTOMER)):
        engine.execute(f"COPY ({sql}) TO '{folder}/{name}.parquet' (FORMAT parquet)")
        engine.execute(f"CREATE VIEW {name} AS SELECT * FROM '{folder}/{name}.parquet'")
    return engine


def measured(binary, rows, rounds, show):
    with Simulator(binary, "--data", "company", "--size", "small") as company:
        figures = {"company_ready_s": company.ready, "rows": rows}
    with tempfile.TemporaryDirectory() as folder:
        engine = written(folder, rows)
        with Simulator(binary, "--data", folder, "--dataset", "bench") as simulator:
            figures["table_ready_s"] = simulator.ready
            simulator.authorise()
            figures["select_one_ms"] = median_ms(100, lambda: simulator.query("SELECT 1"))
            figures["queries"] = []
            for line in compare(simulator, engine, rounds):
                show(line)
                figures["queries"].append(line)
    return figures


def missed(figures):
    limits = tomllib.loads(LIMITS.read_text())["warehouse"]
    for name in ("company_ready_s", "table_ready_s", "select_one_ms"):
        if figures[name] > limits[name]:
            yield f"{name}: {figures[name]:.2f}, limit {limits[name]}"
    for line in figures["queries"]:
        limit = limits["own_over_duckdb" if line["own"] else "aggregate_over_duckdb"]
        if line["ratio"] > limit:
            yield f"{line['query']}: {line['ratio']:.1f} times DuckDB, limit {limit}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("binary")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()

    def show(line):
        if not wanted.json:
            own = " (own functions)" if line["own"] else ""
            print(f"{line['query'] + own:42} {line['duckdb_ms']:8.1f} ms {line['simulator_ms']:8.1f} ms"
                  f" {line['ratio']:6.1f} x", flush=True)

    if not wanted.json:
        print(f"{'query':42} {'DuckDB':>11} {'simulator':>11} {'ratio':>8}")
    figures = measured(wanted.binary, wanted.rows, wanted.rounds, show)
    if wanted.json:
        print(json.dumps(figures, indent=1))
    else:
        print(f"company (small) ready in {figures['company_ready_s']:.2f} s; {figures['rows']:,} rows loaded and"
              f" ready in {figures['table_ready_s']:.2f} s; SELECT 1 in {figures['select_one_ms']:.1f} ms")
    lines = list(missed(figures))
    for line in lines:
        print(f"missed: {line}", file=sys.stderr)
    sys.exit(1 if lines else 0)


if __name__ == "__main__":
    main()
