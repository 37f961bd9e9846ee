//! A reference company in the warehouse against its own truth.

use autopilot_company::{Company, Options, Size};
use jiff::civil::date;

use super::{NOW, ask, one, priced, read, warehouse};
use crate::bigquery::value::Value;
use crate::data::{Source, truth};

fn small() -> Options {
    Options::small(7, date(2026, 11, 22))
}

fn int(n: u64) -> Value {
    Value::Int(i64::try_from(n).unwrap())
}

#[tokio::test]
async fn rows_nulls_and_distinct_values_are_those_of_the_truth() {
    let truth = Company::generate(small()).unwrap().truth().unwrap();
    let warehouse = warehouse(&Source::Company(small()));
    for table in &truth.tables {
        let filter = match &table.partition_column {
            Some(column) if table.partition_filter_required => {
                format!("WHERE {column} > '0001-01-01'")
            }
            Some(_) | None => String::new(),
        };
        let mut wanted = vec![int(table.rows)];
        let mut asked = vec!["COUNT(*)".to_owned()];
        for column in &table.columns {
            asked.push(format!("COUNTIF(`{}` IS NULL)", column.name));
            wanted.push(int(column.nulls));
            if let Some(distinct) = column.distinct {
                asked.push(format!("COUNT(DISTINCT `{}`)", column.name));
                wanted.push(int(distinct));
            }
        }
        let sql = format!("SELECT {} FROM `{}` {filter}", asked.join(", "), table.name);
        assert_eq!(ask(&warehouse, &sql).await.rows, [wanted], "{}", table.name);
    }
    assert!(truth.tables.len() > 10);
}

#[tokio::test]
async fn sums_of_every_week_are_those_of_the_truth() {
    let truth = Company::generate(small()).unwrap().truth().unwrap();
    let warehouse = warehouse(&Source::Company(small()));
    for week in truth.weeks.iter().filter(|week| week.index < 6) {
        let bounds = |column: &str| {
            let (from, until) = (week.from_instant, week.until_instant);
            format!("{column} >= TIMESTAMP '{from}' AND {column} < TIMESTAMP '{until}'")
        };
        let sql = format!("SELECT COUNT(*) FROM orders WHERE {}", bounds("order_ts"));
        assert_eq!(one(&warehouse, &sql).await, int(week.kpi.order_rows));
        let sql = format!(
            "SELECT COUNT(*) FROM events WHERE {} AND event_date > DATE '2000-01-01'",
            bounds("event_ts")
        );
        assert_eq!(one(&warehouse, &sql).await, int(week.kpi.events));
        for (currency, money) in &week.kpi.money {
            let sql = format!(
                "SELECT SUM(total_amount) = NUMERIC '{}' FROM orders WHERE currency = '{currency}' AND {}",
                money.amount_sum,
                bounds("order_ts")
            );
            assert_eq!(one(&warehouse, &sql).await, Value::Bool(true), "{sql}");
        }
    }
}

#[tokio::test]
async fn one_day_of_events_is_priced_without_the_other_days() {
    let warehouse = warehouse(&Source::Company(small()));
    let day = "SELECT user_id FROM events WHERE event_date = DATE '2026-11-20'";
    let all = "SELECT user_id FROM events WHERE event_date > DATE '2000-01-01'";
    let rows = ask(&warehouse, day).await.rows;
    let users = rows.iter().filter(|row| !row[0].is_null()).count() as u64;
    // INT64 of every user that is known, DATE of every row.
    assert_eq!(priced(&warehouse, day).await, (users + rows.len() as u64) * 8);
    assert!(priced(&warehouse, day).await * 50 < priced(&warehouse, all).await);
    let refused = warehouse.prepare(super::request("SELECT user_id FROM events")).await;
    assert!(refused.is_err());
}

#[test]
fn definitions_are_those_of_the_company() {
    let company = Company::generate(Options { hostile: true, ..small() }).unwrap();
    let source = Source::Company(Options { hostile: true, ..small() });
    let loaded = read(&source, NOW, &mut |_| {}).unwrap();
    assert_eq!(loaded.description.as_ref(), Some(&company.description));
    assert_eq!(loaded.labels, company.labels);
    assert_eq!(loaded.tables.len(), company.tables.len());
    for (table, made) in loaded.tables.iter().zip(&company.tables) {
        let def = &table.def;
        assert_eq!(def.name, made.name);
        assert_eq!(def.description.as_deref().unwrap_or_default(), made.description);
        assert_eq!((&def.labels, &def.clustering), (&made.labels, &made.clustering));
        assert_eq!(def.require_partition_filter, made.require_partition_filter);
        let by = def.partitioning.as_ref().and_then(|by| by.column());
        assert_eq!(by, made.partition.as_ref().map(|by| by.column.as_str()));
        for (column, made) in def.columns.iter().zip(&made.columns) {
            assert_eq!(column.name, made.name);
            assert_eq!(column.description.as_deref().unwrap_or_default(), made.description);
            assert_eq!(column.of.to_string(), made.values.type_name());
        }
    }
}

#[test]
fn the_truth_is_written_and_an_unknown_zone_is_refused() {
    let options = Options { size: Size::Small, ..small() };
    let json: serde_json::Value = serde_json::from_str(&truth(&options).unwrap()).unwrap();
    assert_eq!(json["seed"], 7);
    let nowhere = Options { zone: Some("Nowhere/Land".to_owned()), ..small() };
    let error = read(&Source::Company(nowhere), NOW, &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("Nowhere/Land"), "{error}");
}
