"""What a dashboard asks, in both dialects, over `purchase` (1M rows) and `customer` (50,000 rows).

`own` marks the queries that zone functions or other functions of the simulator's own carry: they are
written row by row or column by column in Rust, not by DataFusion, and have the wider limit.
A pair must give the same rows: bench.py compares them before it measures.
"""

from typing import NamedTuple


class Pair(NamedTuple):
    name: str
    own: bool
    bigquery: str
    duckdb: str


def both(name, sql):
    return Pair(name, False, sql, sql)


NEW_YORK = "America/New_York"

PAIRS = [
    both("rows and revenue", "SELECT COUNT(*) AS n, SUM(cents) AS cents FROM purchase"),
    both(
        "revenue a day",
        "SELECT day, COUNT(*) AS n, SUM(cents) AS cents FROM purchase GROUP BY day ORDER BY day",
    ),
    both(
        "by status and channel",
        "SELECT status, channel, COUNT(*) AS n, AVG(cents) AS mean FROM purchase"
        " GROUP BY status, channel ORDER BY status, channel",
    ),
    both(
        "top customers",
        "SELECT customer_id, SUM(cents) AS cents FROM purchase GROUP BY customer_id"
        " ORDER BY cents DESC, customer_id LIMIT 20",
    ),
    both(
        "distinct customers a day",
        "SELECT day, COUNT(DISTINCT customer_id) AS n FROM purchase GROUP BY day ORDER BY day",
    ),
    both(
        "revenue by country",
        "SELECT c.country, SUM(p.cents) AS cents FROM purchase AS p JOIN customer AS c"
        " ON c.id = p.customer_id GROUP BY c.country ORDER BY c.country",
    ),
    Pair(
        "refund share a day",
        False,
        "SELECT day, COUNTIF(status = 'refunded') / COUNT(*) AS share FROM purchase GROUP BY day ORDER BY day",
        "SELECT day, COUNT_IF(status = 'refunded') / COUNT(*) AS share FROM purchase GROUP BY day ORDER BY day",
    ),
    both(
        "running total",
        "SELECT day, SUM(cents) OVER (ORDER BY day) AS total FROM"
        " (SELECT day, SUM(cents) AS cents FROM purchase GROUP BY day) AS d ORDER BY day",
    ),
    both(
        "latest per customer",
        "SELECT COUNT(*) AS n, SUM(cents) AS cents FROM (SELECT cents, ROW_NUMBER() OVER"
        " (PARTITION BY customer_id ORDER BY placed_at DESC, id DESC) AS place FROM purchase) AS p WHERE place = 1",
    ),
    both(
        "two weeks of one status",
        "SELECT channel, COUNT(*) AS n FROM purchase WHERE day BETWEEN DATE '2025-03-01' AND DATE '2025-03-14'"
        " AND status = 'paid' GROUP BY channel ORDER BY channel",
    ),
    Pair(
        "revenue a month",
        True,
        "SELECT DATE_TRUNC(day, MONTH) AS month, SUM(cents) AS cents FROM purchase GROUP BY month ORDER BY month",
        "SELECT DATE_TRUNC('month', day)::DATE AS month, SUM(cents) AS cents FROM purchase GROUP BY 1 ORDER BY 1",
    ),
    Pair(
        "local days",
        True,
        f"SELECT DATE(placed_at, '{NEW_YORK}') AS day, SUM(cents) AS cents FROM purchase GROUP BY day ORDER BY day",
        f"SELECT timezone('{NEW_YORK}', placed_at)::DATE AS d, SUM(cents) AS cents FROM purchase GROUP BY 1 ORDER BY 1",
    ),
    Pair(
        "local weeks",
        True,
        f"SELECT DATE_TRUNC(DATE(placed_at, '{NEW_YORK}'), WEEK(MONDAY)) AS week, COUNT(*) AS n FROM purchase"
        " GROUP BY week ORDER BY week",
        f"SELECT DATE_TRUNC('week', timezone('{NEW_YORK}', placed_at))::DATE AS w, COUNT(*) AS n FROM purchase"
        " GROUP BY 1 ORDER BY 1",
    ),
    Pair(
        "local hours",
        True,
        f"SELECT EXTRACT(HOUR FROM placed_at AT TIME ZONE '{NEW_YORK}') AS hour, COUNT(*) AS n FROM purchase"
        " GROUP BY hour ORDER BY hour",
        f"SELECT EXTRACT(HOUR FROM timezone('{NEW_YORK}', placed_at)) AS h, COUNT(*) AS n FROM purchase"
        " GROUP BY 1 ORDER BY 1",
    ),
    Pair(
        "months as text",
        True,
        f"SELECT FORMAT_TIMESTAMP('%Y-%m', placed_at, '{NEW_YORK}') AS month, COUNT(*) AS n FROM purchase"
        " GROUP BY month ORDER BY month",
        f"SELECT strftime(timezone('{NEW_YORK}', placed_at), '%Y-%m') AS m, COUNT(*) AS n FROM purchase"
        " GROUP BY 1 ORDER BY 1",
    ),
    Pair(
        "campaign from an address",
        True,
        "SELECT REGEXP_EXTRACT(page, r'campaign=(\\w+)') AS campaign, COUNT(*) AS n FROM purchase"
        " GROUP BY campaign ORDER BY campaign",
        "SELECT regexp_extract(page, 'campaign=(\\w+)', 1) AS campaign, COUNT(*) AS n FROM purchase"
        " GROUP BY 1 ORDER BY 1",
    ),
    Pair(
        "device from JSON",
        True,
        "SELECT JSON_VALUE(detail, '$.device') AS device, COUNT(*) AS n FROM purchase GROUP BY device ORDER BY device",
        "SELECT json_extract_string(detail, '$.device') AS device, COUNT(*) AS n FROM purchase GROUP BY 1 ORDER BY 1",
    ),
]
