"""Drives a running simulator through google-cloud-bigquery's ordinary calls.

Usage: battery.py INFO.json

INFO.json is what `autopilot sandbox --info-file FILE` writes. Everything goes through the public
client and a service-account key, as in any program that speaks to BigQuery; only accounts are made
through the simulator's admin address. Ends with `battery: N checks passed`, or exits 1.
"""

import datetime
import json
import re
import sys
import urllib.request

from google.api_core import exceptions
from google.cloud import bigquery
from google.oauth2 import service_account

SCOPES = "https://www.googleapis.com/auth/"
ENDLESS = (
    "WITH d AS (SELECT n FROM UNNEST(GENERATE_ARRAY(0, 9)) AS n),"
    " m AS (SELECT a.n AS n FROM d AS a CROSS JOIN d AS b CROSS JOIN d AS c"
    " CROSS JOIN d AS e CROSS JOIN d AS f CROSS JOIN d AS g)"
    " SELECT SUM(MOD(x.n + y.n, 7)) FROM m AS x CROSS JOIN m AS y"
)
checks = 0


def same(what, found, wanted):
    global checks
    if found != wanted:
        raise AssertionError(f"{what}: expected {wanted!r}, found {found!r}")
    checks += 1


def fails(what, kind, pattern, call):
    """The call must raise this error with such a message."""
    global checks
    try:
        call()
    except kind as error:
        if not re.search(pattern, str(error)):
            raise AssertionError(f"{what}: {error} does not say {pattern}") from error
        checks += 1
        return
    raise AssertionError(f"{what}: no {kind.__name__} was raised")


class Simulator:
    """What the info file says, and clients for it."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.info = json.load(file)
        with open(self.info["key_path"], encoding="utf-8") as file:
            self.key = json.load(file)

    def client(self, key=None, scopes=None):
        credentials = service_account.Credentials.from_service_account_info(
            key or self.key, scopes=scopes
        )
        return bigquery.Client(
            project=self.info["project"],
            credentials=credentials,
            client_options={"api_endpoint": self.info["base_url"]},
        )

    def admin(self, path, body):
        request = urllib.request.Request(
            f"{self.info['base_url']}/admin/{path}",
            data=json.dumps(body).encode(),
            headers={"x-admin-secret": self.info["admin_secret"]},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


def rows(client, sql, *parameters, **settings):
    config = bigquery.QueryJobConfig(query_parameters=parameters, **settings)
    return [tuple(row.values()) for row in client.query(sql, job_config=config).result()]


def resources(client):
    """Data sets and tables come and go."""
    project = client.project
    dataset = bigquery.Dataset(f"{project}.battery")
    dataset.labels = {"made-by": "battery"}
    client.create_dataset(dataset)
    fails("a second data set of a name", exceptions.Conflict, "Already Exists", lambda: client.create_dataset(dataset))
    same("listed data sets", "battery" in [one.dataset_id for one in client.list_datasets()], True)
    same("a data set's labels", client.get_dataset("battery").labels, {"made-by": "battery"})
    fails("a missing data set", exceptions.NotFound, "Not found: Dataset", lambda: client.get_dataset("nothing"))
    table = bigquery.Table(
        f"{project}.battery.people",
        schema=[
            bigquery.SchemaField("id", "INTEGER", mode="REQUIRED"),
            bigquery.SchemaField("name", "STRING", description="first name"),
            bigquery.SchemaField("joined", "DATE"),
            bigquery.SchemaField("tags", "STRING", mode="REPEATED"),
            bigquery.SchemaField(
                "home", "RECORD", fields=[bigquery.SchemaField("city", "STRING")]
            ),
        ],
    )
    table.time_partitioning = bigquery.TimePartitioning(field="joined")
    table.clustering_fields = ["id"]
    client.create_table(table)
    fails("a second table of a name", exceptions.Conflict, "Already Exists", lambda: client.create_table(table))
    found = client.get_table("battery.people")
    same("a table's columns", [field.name for field in found.schema], ["id", "name", "joined", "tags", "home"])
    same("a column's mode", found.schema[3].mode, "REPEATED")
    same("a column's description", found.schema[1].description, "first name")
    same("partitioning", found.time_partitioning.field, "joined")
    same("clustering", found.clustering_fields, ["id"])
    same("rows of a new table", found.num_rows, 0)
    same("listed tables", [one.table_id for one in client.list_tables("battery")], ["people"])
    fails("a missing table", exceptions.NotFound, "Not found: Table", lambda: client.get_table("battery.nothing"))


def streaming(client):
    """insertAll takes good rows and names bad ones."""
    table = client.get_table("battery.people")
    good = [
        {"id": 1, "name": "Ada", "joined": "2026-01-01", "tags": ["a", "b"], "home": {"city": "Bern"}},
        {"id": 2, "name": None, "joined": "2026-01-02", "tags": []},
    ]
    same("good rows", client.insert_rows_json(table, good), [])
    errors = client.insert_rows_json(table, [{"id": "three"}, {"id": 4}])
    same("a bad row", [(one["index"], one["errors"][0]["reason"]) for one in errors], [(0, "invalid"), (1, "stopped")])
    same("a bad row's column", errors[0]["errors"][0]["location"], "id")
    errors = client.insert_rows_json(table, [{"id": 5}, {"nickname": "x"}], skip_invalid_rows=True)
    same("a skipped row", [one["index"] for one in errors], [1])
    listed = {row["id"]: row for row in client.list_rows(table)}
    same("listed rows", sorted(listed), [1, 2, 5])
    same("a listed array", listed[1]["tags"], ["a", "b"])
    same("a listed record", listed[1]["home"], {"city": "Bern"})
    same("a listed date", listed[1]["joined"], datetime.date(2026, 1, 1))
    same("pages of a table", len(list(client.list_rows(table, page_size=2).pages)), 2)
    same("a selected column", [tuple(row.values()) for row in client.list_rows(table, selected_fields=table.schema[:1], max_results=1)] != [], True)


def queries(client):
    """Rows, types, pages and what a query says about itself."""
    same("a query", rows(client, "SELECT id, name FROM battery.people ORDER BY id"), [(1, "Ada"), (2, None), (5, None)])
    instant = datetime.datetime(2026, 3, 1, 12, 30, tzinfo=datetime.timezone.utc)
    same(
        "types",
        rows(client, "SELECT TRUE, 1.5, DATE '2026-03-01', TIMESTAMP '2026-03-01 12:30:00+00', b'x', [1, 2], STRUCT(1 AS a)"),
        [(True, 1.5, datetime.date(2026, 3, 1), instant, b"x", [1, 2], {"a": 1})],
    )
    numbers = "SELECT n FROM UNNEST(GENERATE_ARRAY(1, 25)) AS n ORDER BY n"
    result = client.query(numbers).result(page_size=10)
    same("pages of a query", [[row.n for row in page] for page in result.pages], [list(range(1, 11)), list(range(11, 21)), list(range(21, 26))])
    same("all rows", client.query(numbers).result().total_rows, 25)
    same("query_and_wait", [row.n for row in client.query_and_wait("SELECT 7 AS n")], [7])
    same("a default data set", rows(client, "SELECT COUNT(*) FROM people", default_dataset="%s.battery" % client.project), [(3,)])
    dry = client.query("SELECT id FROM battery.people", job_config=bigquery.QueryJobConfig(dry_run=True))
    same("bytes of a dry run", dry.total_bytes_processed, 24)
    same("statement of a dry run", dry.statement_type, "SELECT")
    same("tables of a dry run", [one.table_id for one in dry.referenced_tables], ["people"])
    same("schema of a dry run", [field.name for field in dry.schema], ["id"])
    frame = client.query("SELECT id, name FROM battery.people ORDER BY id").to_dataframe(create_bqstorage_client=False)
    same("a data frame", (list(frame.columns), frame["id"].tolist()), (["id", "name"], [1, 2, 5]))
    same("a statement", client.query("INSERT INTO battery.people (id) VALUES (6), (7)").result().num_dml_affected_rows, 2)


def parameters(client):
    """Named and positional parameters of every shape."""
    scalar, array = bigquery.ScalarQueryParameter, bigquery.ArrayQueryParameter
    struct = bigquery.StructQueryParameter
    same("named", rows(client, "SELECT @a + @b", scalar("a", "INT64", 2), scalar("b", "INT64", 3)), [(5,)])
    same("positional", rows(client, "SELECT ?, ?", scalar(None, "STRING", "x"), scalar(None, "BOOL", True)), [("x", True)])
    day = datetime.date(2026, 2, 28)
    same("a date", rows(client, "SELECT DATE_ADD(@d, INTERVAL 1 DAY)", scalar("d", "DATE", day)), [(datetime.date(2026, 3, 1),)])
    same("null", rows(client, "SELECT @n IS NULL", scalar("n", "STRING", None)), [(True,)])
    same("an array", rows(client, "SELECT id FROM battery.people WHERE id IN UNNEST(@ids) ORDER BY id", array("ids", "INT64", [1, 5, 9])), [(1,), (5,)])
    point = struct("p", scalar("x", "INT64", 1), scalar("name", "STRING", "origin"))
    same("a struct", rows(client, "SELECT @p.x, @p.name", point), [(1, "origin")])


def jobs(client):
    """Labels, ids, lists and the end of a long job."""
    config = bigquery.QueryJobConfig(labels={"team": "growth"})
    job = client.query("SELECT 1", job_config=config, job_id="battery-labels", job_retry=None)
    job.result()
    same("labels", client.get_job("battery-labels").labels, {"team": "growth"})
    same("state", client.get_job("battery-labels").state, "DONE")
    same("bytes billed", client.get_job("battery-labels").total_bytes_billed, 0)
    same("listed jobs", "battery-labels" in [one.job_id for one in client.list_jobs(max_results=5)], True)
    fails("a second job of an id", exceptions.Conflict, "Already Exists: Job", lambda: client.query("SELECT 1", job_id="battery-labels", job_retry=None))
    fails("a missing job", exceptions.NotFound, "Not found: Job", lambda: client.get_job("battery-nothing"))
    endless = client.query(ENDLESS)
    same("a long job", endless.done(), False)
    endless.cancel()
    fails("a cancelled job", exceptions.GoogleAPICallError, "cancel", lambda: endless.result(timeout=20))
    same("why it ended", client.get_job(endless.job_id).error_result["reason"], "stopped")
    config = bigquery.QueryJobConfig(maximum_bytes_billed=1)
    fails("a byte limit", exceptions.InternalServerError, "exceeded limit for bytes billed: 1. 10485760 or higher", lambda: client.query("SELECT id FROM battery.people", job_config=config, job_retry=None).result(retry=None))


def refusals(simulator, client):
    """Wrong text, foreign data and tokens that do not suffice."""
    run = lambda who, sql: who.query(sql, job_retry=None).result()
    fails("wrong text", exceptions.BadRequest, r"\[2:\d+\]", lambda: run(client, "SELECT 1\nFORM x"))
    fails("a missing column", exceptions.BadRequest, "Unrecognized name: nothing", lambda: run(client, "SELECT nothing FROM battery.people"))
    fails("a missing table", exceptions.NotFound, "was not found in location US", lambda: run(client, "SELECT 1 FROM battery.nothing"))
    fails("division by zero", exceptions.BadRequest, "division by zero", lambda: run(client, "SELECT 1 / 0"))
    key = simulator.admin("accounts", {"email": "guest@battery.example", "datasets": ["elsewhere"]})
    guest = simulator.client(key)
    same("a guest's data sets", list(guest.list_datasets()), [])
    fails("a foreign table", exceptions.Forbidden, "Access Denied: Table", lambda: run(guest, "SELECT id FROM battery.people"))
    fails("a foreign data set", exceptions.Forbidden, "Access Denied: Dataset", lambda: guest.get_dataset("battery"))
    same("a guest's own query", [tuple(row.values()) for row in run(guest, "SELECT 1")], [(1,)])
    stranger = simulator.client(scopes=[SCOPES + "devstorage.read_only"])
    fails("a wrong scope", exceptions.Forbidden, "insufficient authentication scopes", lambda: run(stranger, "SELECT 1"))


def main(path):
    simulator = Simulator(path)
    client = simulator.client()
    resources(client)
    streaming(client)
    queries(client)
    parameters(client)
    jobs(client)
    refusals(simulator, client)
    client.delete_table("battery.people")
    fails("a deleted table", exceptions.NotFound, "Not found: Table", lambda: client.get_table("battery.people"))
    client.delete_dataset("battery", delete_contents=True)
    fails("a deleted data set", exceptions.NotFound, "Not found: Dataset", lambda: client.get_dataset("battery"))
    print(f"battery: {checks} checks passed")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except AssertionError as failure:
        sys.exit(f"battery: {failure}")
