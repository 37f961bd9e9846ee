"""Holds the demo's JSON summary against figures computed here, from the orders alone.

Usage: check_demo_summary.py SUMMARY.json ORDERS.csv|TRUTH.json

Shares no code with the product: the window, the revenue in integer cents and the bytes billed are
worked out from the definition, or read from the books of the made-up company, which are counted from
its rows without a warehouse. Exits 1 with one line for each difference.
"""

import csv
import datetime
import decimal
import json
import sys

# The last day of the built-in orders, and the demo's default for the last complete day.
AS_OF = datetime.date(1998, 6, 30)
MEBIBYTE = 1 << 20
# BigQuery bills at least 10 MiB for each table a query reads.
LEAST_BILLED = 10 * MEBIBYTE
MICRO_USD_PER_TIB = 6_250_000
# Logical sizes of the two columns the question reads: DATE and NUMERIC.
ROW_BYTES = 8 + 16


def cents(text):
    """An amount such as 29.33 in whole cents."""
    dollars, _, fraction = text.partition(".")
    assert dollars.isdigit() and len(fraction) <= 2, f"not an amount in dollars and cents: {text}"
    return int(dollars) * 100 + int(fraction.ljust(2, "0"))


def expected(orders):
    """The figures of the week that ends with AS_OF, keyed by their path in the summary."""
    until = AS_OF + datetime.timedelta(days=1)
    since = until - datetime.timedelta(days=7)
    all_rows = rows = revenue = 0
    with open(orders, newline="", encoding="utf-8") as file:
        for order in csv.DictReader(file):
            all_rows += 1
            if since.isoformat() <= order["ordered_on"] < until.isoformat():
                rows += 1
                revenue += cents(order["amount_usd"])
    # Rounded up to the mebibyte, and never below the least.
    billed = max(LEAST_BILLED, -(-all_rows * ROW_BYTES // MEBIBYTE) * MEBIBYTE)
    return {
        "ok": True,
        "simulator": True,
        "answer.revenue": decimal.Decimal(revenue) / 100,
        "answer.rows": rows,
        "answer.window.from": since.isoformat(),
        "answer.window.until_exclusive": until.isoformat(),
        "cost.billed_bytes": billed,
        "cost.usd": "%d.%06d" % divmod(-(-billed * MICRO_USD_PER_TIB // (1 << 40)), 1_000_000),
        "workflow.status": "succeeded",
    }


def of_company(truth_path):
    """The newest week of the company's books; the demo asks for the amounts in USD."""
    with open(truth_path, encoding="utf-8") as file:
        truth = json.load(file)
    week = next(
        week
        for week in truth["weeks"]
        if (week["kind"], week["zone"], week["index"]) == ("last_seven_days", "UTC", 0)
    )
    return {
        "ok": True,
        "simulator": True,
        "timezone": "UTC",
        "as_of": truth["as_of"],
        "answer.revenue": decimal.Decimal(week["kpi"]["money"]["USD"]["amount_sum"]),
        "answer.window.from": week["from"],
        "answer.window.until_exclusive": week["until_exclusive"],
        # A week's partitions are far below the least that is billed.
        "cost.billed_bytes": LEAST_BILLED,
        "workflow.status": "succeeded",
    }


def at(summary, path):
    """The value at a dotted path; None when there is none."""
    for key in path.split("."):
        summary = summary.get(key) if isinstance(summary, dict) else None
    return summary


def same(wanted, found):
    """Revenue is a decimal string on the wire; everything else has its own JSON type."""
    if isinstance(wanted, decimal.Decimal):
        return isinstance(found, str) and decimal.Decimal(found) == wanted
    return type(wanted) is type(found) and wanted == found


def main(summary_path, orders_path):
    with open(summary_path, encoding="utf-8") as file:
        summary = json.load(file)
    differences = 0
    figures = of_company if orders_path.endswith(".json") else expected
    for path, wanted in figures(orders_path).items():
        found = at(summary, path)
        if same(wanted, found):
            print(f"{path} = {found}")
        else:
            differences += 1
            print(f"{path}: expected {wanted}, the demo says {found!r}", file=sys.stderr)
    for check in summary.get("checks", []):
        if check.get("held") is not True:
            differences += 1
            print(f"the demo's own check failed: {check.get('name')}", file=sys.stderr)
    if differences:
        json.dump(summary, sys.stderr, indent=2)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
