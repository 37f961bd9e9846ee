//! Questions in typed form, and the query each of them becomes.
//!
//! Planning is deterministic: the same question, catalog and clock always give the same SQL. Only
//! identifiers that the catalog holds and literals that were parsed here enter the text.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, ColumnFacts, ColumnType, TableFacts, TableRef};
use crate::window::{DayWindow, WindowError, Zone};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Sum of the amounts of all orders.
    Revenue,
}

/// Over which period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// The last seven complete days.
    LastCompleteWeek,
}

/// A question the service can answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What is asked for.
    pub metric: Metric,
    /// Over which period.
    pub period: Period,
    /// Last complete day of the period; the organisation's yesterday when absent.
    #[serde(default)]
    pub as_of: Option<Date>,
    /// Where the figures stand; found by column names and types when absent.
    #[serde(default)]
    pub source: Option<Source>,
    /// ISO 4217 code of the amounts to add up; needed when the table says each row's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// The columns a metric is computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The table.
    pub table: TableRef,
    /// The column that says on which day a row counts.
    pub day_column: String,
    /// The column whose values are added up.
    pub amount_column: String,
    /// Which rows count, when the table says each row's currency. Found, never given: amounts in
    /// different currencies are not added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<CurrencyFilter>,
}

/// The rows of one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurrencyFilter {
    /// The column that says it.
    pub column: String,
    /// ISO 4217 code.
    pub code: String,
}

/// A question could not be turned into a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No table offers the columns the metric needs.
    #[error(
        "no table has a day column beside an amount column; looked for an amount column named like {AMOUNT_NAMES:?}"
    )]
    NoSource,
    /// The named table is not in the catalog.
    #[error("the table {0} is not in the catalog")]
    UnknownTable(TableRef),
    /// The named column is missing or has a type the metric cannot use.
    #[error("the column {0} is missing or not of a type this metric can use")]
    UnusableColumn(String),
    /// The table says each row's currency and the question names none.
    #[error(
        "the amounts of {table} are in the currency that its column {column} says, and the question names none"
    )]
    CurrencyNeeded {
        /// The table.
        table: TableRef,
        /// The column.
        column: String,
    },
    /// The currency is not three capital letters.
    #[error("a currency is three capital letters, such as EUR")]
    BadCurrency,
    /// A name holds characters that no identifier of ours may hold.
    #[error("the name of a table or column holds characters that are not allowed")]
    UnsafeName,
    /// The period could not be computed.
    #[error(transparent)]
    Window(#[from] WindowError),
}

/// Names that mark an amount, best first.
const AMOUNT_NAMES: [&str; 6] = ["amount", "revenue", "total", "price", "sales", "value"];
/// Words that mark a part of an amount, not the amount.
const PART_NAMES: [&str; 6] = ["discount", "tax", "fee", "shipping", "refund", "tip"];
/// Last word of the name of a table with one row for each sale, best first.
const SALES_TABLES: [&str; 6] =
    ["orders", "sales", "purchases", "invoices", "transactions", "bookings"];
/// Names of a column that says an amount's currency.
const CURRENCY_NAMES: [&str; 4] = ["currency", "currency_code", "currency_iso", "iso_currency"];

/// Finds the columns of a metric: the question's own source, or the best match by name and type.
///
/// Tables are ranked by whether their name says that a row is a sale (an order's items are not), by how
/// well their amount column is named, then by rows; ties are broken by name, so that the choice never
/// depends on the order of the catalog.
///
/// # Errors
/// When the named source does not fit the catalog, none is found, or the currency is missing.
pub fn resolve_source(question: &Question, catalog: &Catalog) -> Result<Source, PlanError> {
    let mut source = match &question.source {
        Some(source) => check_source(source, catalog).map(|()| source.clone())?,
        None => {
            let best = catalog.tables().filter_map(candidate).min_by(|a, b| a.0.cmp(&b.0));
            best.map(|(_, source)| source).ok_or(PlanError::NoSource)?
        }
    };
    source.currency = currency(question, &source.table, catalog)?;
    Ok(source)
}

/// The rows that may be added up: those of one currency, when the table says each row's.
fn currency(
    question: &Question,
    table: &TableRef,
    catalog: &Catalog,
) -> Result<Option<CurrencyFilter>, PlanError> {
    let is_currency = |column: &&ColumnFacts| {
        let name = column.name.to_ascii_lowercase();
        column.column_type == ColumnType::String
            && !column.repeated
            && CURRENCY_NAMES.contains(&name.as_str())
    };
    let facts = catalog.table(table);
    let column = facts.and_then(|facts| facts.columns.iter().find(is_currency));
    match (column, &question.currency) {
        (None, _) => Ok(None),
        (Some(column), None) => {
            Err(PlanError::CurrencyNeeded { table: table.clone(), column: column.name.clone() })
        }
        (Some(column), Some(code)) => {
            Ok(Some(CurrencyFilter { column: column.name.clone(), code: iso(code)?.to_owned() }))
        }
    }
}

/// Three capital letters; nothing else may enter a literal.
fn iso(code: &str) -> Result<&str, PlanError> {
    let ok = code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
    if ok { Ok(code) } else { Err(PlanError::BadCurrency) }
}

type Rank = (usize, usize, std::cmp::Reverse<u64>, TableRef);

fn candidate(facts: &TableFacts) -> Option<(Rank, Source)> {
    let (rank, amount) = facts
        .columns
        .iter()
        .filter(|column| is_amount(column))
        .filter_map(|column| name_rank(&column.name).map(|rank| (rank, column)))
        .min_by_key(|(rank, _)| *rank)?;
    let day = facts.columns.iter().find(|column| is_day(column))?;
    let source = Source {
        table: facts.table.clone(),
        day_column: day.name.clone(),
        amount_column: amount.name.clone(),
        currency: None,
    };
    let rows = std::cmp::Reverse(facts.rows);
    Some(((sales_rank(&facts.table.table), rank, rows, facts.table.clone()), source))
}

fn sales_rank(table: &str) -> usize {
    let name = table.to_ascii_lowercase();
    let last = name.rsplit('_').next().unwrap_or_default();
    SALES_TABLES.iter().position(|mark| *mark == last).unwrap_or(SALES_TABLES.len())
}

fn name_rank(name: &str) -> Option<usize> {
    let name = name.to_ascii_lowercase();
    let is_part = PART_NAMES.iter().any(|part| name.contains(part));
    let rank = AMOUNT_NAMES.iter().position(|mark| name.contains(mark))?;
    Some(if is_part { rank.saturating_add(AMOUNT_NAMES.len()) } else { rank })
}

fn is_amount(column: &ColumnFacts) -> bool {
    !column.repeated
        && match column.column_type {
            ColumnType::Numeric
            | ColumnType::Bignumeric
            | ColumnType::Float64
            | ColumnType::Int64 => true,
            ColumnType::String
            | ColumnType::Bytes
            | ColumnType::Bool
            | ColumnType::Date
            | ColumnType::Time
            | ColumnType::Datetime
            | ColumnType::Timestamp
            | ColumnType::Json
            | ColumnType::Geography
            | ColumnType::Interval
            | ColumnType::Record
            | ColumnType::Other => false,
        }
}

fn is_day(column: &ColumnFacts) -> bool {
    column.column_type == ColumnType::Date && !column.repeated
}

fn check_source(source: &Source, catalog: &Catalog) -> Result<(), PlanError> {
    let facts = catalog
        .table(&source.table)
        .ok_or_else(|| PlanError::UnknownTable(source.table.clone()))?;
    let fits = |name: &str, test: fn(&ColumnFacts) -> bool| match facts.column(name) {
        Some(column) if test(column) => Ok(()),
        _ => Err(PlanError::UnusableColumn(name.to_owned())),
    };
    fits(&source.day_column, is_day)?;
    fits(&source.amount_column, is_amount)
}

/// A planned query: its text and what the figures mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedQuery {
    /// The SQL.
    pub sql: String,
    /// The days it covers.
    pub window: DayWindow,
    /// Where the figures stand.
    pub source: Source,
}

/// Column of the planned query that holds the sum.
pub const SUM_COLUMN: &str = "metric_value";
/// Column of the planned query that holds the number of rows summed.
pub const COUNT_COLUMN: &str = "row_count";

/// The window a question covers at `now` in `zone`.
///
/// # Errors
/// When the calendar ends.
pub fn window_of(
    question: &Question,
    now: jiff::Timestamp,
    zone: &Zone,
) -> Result<DayWindow, WindowError> {
    let clock = match question.as_of {
        Some(day) => crate::window::clock_after(day, zone)?,
        None => now,
    };
    match question.period {
        Period::LastCompleteWeek => DayWindow::last_complete_week(clock, zone),
    }
}

/// The query that computes the metric of `source` over `window`.
///
/// # Errors
/// When a name holds characters that no identifier may hold.
pub fn plan(source: &Source, window: &DayWindow) -> Result<PlannedQuery, PlanError> {
    let day = identifier(&source.day_column)?;
    let amount = identifier(&source.amount_column)?;
    let TableRef { project, dataset, table } = &source.table;
    let table = format!("{}.{}.{}", table_part(project)?, table_part(dataset)?, table_part(table)?);
    let of_currency = match &source.currency {
        Some(CurrencyFilter { column, code }) => {
            format!(" AND {} = '{}'", identifier(column)?, iso(code)?)
        }
        None => String::new(),
    };
    let sql = format!(
        "SELECT SUM({amount}) AS {SUM_COLUMN}, COUNT({amount}) AS {COUNT_COLUMN} FROM `{table}` \
         WHERE {day} >= DATE '{}' AND {day} < DATE '{}'{of_currency}",
        window.from, window.until_exclusive
    );
    Ok(PlannedQuery { sql, window: window.clone(), source: source.clone() })
}

/// A column name, quoted; letters, digits and underscores only.
fn identifier(name: &str) -> Result<String, PlanError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let ok = !name.is_empty() && name.len() <= 300 && name.chars().all(plain);
    if ok { Ok(format!("`{name}`")) } else { Err(PlanError::UnsafeName) }
}

/// A part of a table's name; letters, digits, underscores and dashes only.
fn table_part(name: &str) -> Result<&str, PlanError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let ok = !name.is_empty() && name.len() <= 1024 && name.chars().all(plain);
    if ok { Ok(name) } else { Err(PlanError::UnsafeName) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::catalog::Examination;

    fn column(name: &str, column_type: ColumnType) -> ColumnFacts {
        ColumnFacts {
            name: name.to_owned(),
            column_type,
            repeated: false,
            examination: Examination::Clear,
        }
    }

    fn table(name: &str, rows: u64, columns: Vec<ColumnFacts>) -> TableFacts {
        let table =
            TableRef { project: "my-project".into(), dataset: "shop".into(), table: name.into() };
        TableFacts {
            table,
            columns,
            rows,
            bytes: 0,
            partition_column: None,
            partition_filter_required: false,
        }
    }

    fn orders(name: &str, rows: u64, amount: &str) -> TableFacts {
        table(
            name,
            rows,
            vec![column("Order_Day", ColumnType::Date), column(amount, ColumnType::Numeric)],
        )
    }

    fn question(source: Option<Source>) -> Question {
        Question {
            metric: Metric::Revenue,
            period: Period::LastCompleteWeek,
            as_of: Some(date(1998, 6, 30)),
            source,
            currency: None,
        }
    }

    fn found(tables: Vec<TableFacts>) -> Result<String, PlanError> {
        resolve_source(&question(None), &Catalog::of(tables)).map(|source| source.table.table)
    }

    #[test]
    fn the_best_named_amount_wins_then_rows_then_the_tables_name() {
        assert_eq!(found(vec![orders("a", 9, "value"), orders("b", 1, "amount")]), Ok("b".into()));
        assert_eq!(found(vec![orders("a", 1, "amount"), orders("b", 9, "amount")]), Ok("b".into()));
        assert_eq!(found(vec![orders("b", 5, "amount"), orders("a", 5, "amount")]), Ok("a".into()));
    }

    #[test]
    fn a_table_of_sales_comes_before_its_items_and_a_whole_before_its_parts() {
        let items = orders("order_items", 90, "amount");
        let mut sales = orders("fct_orders", 10, "tax_amount");
        sales.columns.push(column("order_total", ColumnType::Numeric));
        let source = resolve_source(&question(None), &Catalog::of([items, sales])).unwrap();
        assert_eq!(
            (source.table.table.as_str(), source.amount_column.as_str()),
            ("fct_orders", "order_total")
        );
    }

    #[test]
    fn a_table_without_a_day_or_an_amount_is_no_source() {
        let no_day = table("a", 1, vec![column("amount", ColumnType::Numeric)]);
        let text = table(
            "b",
            1,
            vec![column("day", ColumnType::Date), column("amount", ColumnType::String)],
        );
        let unnamed = orders("c", 1, "quantity");
        let mut list = orders("d", 1, "amount");
        list.columns[1].repeated = true;
        assert_eq!(found(vec![no_day, text, unnamed, list]), Err(PlanError::NoSource));
    }

    #[test]
    fn a_named_source_must_stand_in_the_catalog_with_fitting_types() {
        let facts = orders("orders", 1, "amount");
        let source = |table: &TableRef, day: &str, amount: &str| {
            Some(Source {
                table: table.clone(),
                day_column: day.into(),
                amount_column: amount.into(),
                currency: None,
            })
        };
        let catalog = Catalog::of([facts.clone()]);
        let resolve = |source| resolve_source(&question(source), &catalog).map(|_| ());
        assert_eq!(
            resolve(source(&facts.table, "order_day", "AMOUNT")),
            Ok(()),
            "columns are compared without case"
        );
        let swapped = resolve(source(&facts.table, "amount", "order_day"));
        assert_eq!(swapped, Err(PlanError::UnusableColumn("amount".into())));
        let missing = resolve(source(&facts.table, "order_day", "tax"));
        assert_eq!(missing, Err(PlanError::UnusableColumn("tax".into())));
        let other = TableRef { table: "Orders".into(), ..facts.table };
        assert_eq!(
            resolve(source(&other, "order_day", "amount")),
            Err(PlanError::UnknownTable(other))
        );
    }

    #[test]
    fn the_query_holds_quoted_names_and_half_open_days_only() {
        let catalog = Catalog::of([orders("orders", 1, "amount")]);
        let zone: Zone = "Europe/Berlin".parse().unwrap();
        let window = window_of(&question(None), jiff::Timestamp::UNIX_EPOCH, &zone).unwrap();
        let source = resolve_source(&question(None), &catalog).unwrap();
        assert_eq!(
            plan(&source, &window).unwrap().sql,
            "SELECT SUM(`amount`) AS metric_value, COUNT(`amount`) AS row_count FROM `my-project.shop.orders` \
             WHERE `Order_Day` >= DATE '1998-06-24' AND `Order_Day` < DATE '1998-07-01'"
        );
    }

    #[test]
    fn amounts_of_different_currencies_are_never_added() {
        let mut facts = orders("orders", 1, "amount");
        facts.columns.push(column("Currency", ColumnType::String));
        let catalog = Catalog::of([facts.clone()]);
        let asked =
            |code: Option<&str>| Question { currency: code.map(str::to_owned), ..question(None) };
        let needed =
            PlanError::CurrencyNeeded { table: facts.table.clone(), column: "Currency".into() };
        assert_eq!(resolve_source(&asked(None), &catalog), Err(needed));
        for bad in ["", "eur", "EURO", "E'R", "€UR"] {
            assert_eq!(resolve_source(&asked(Some(bad)), &catalog), Err(PlanError::BadCurrency));
        }
        let source = resolve_source(&asked(Some("EUR")), &catalog).unwrap();
        let window =
            window_of(&question(None), jiff::Timestamp::UNIX_EPOCH, &"UTC".parse().unwrap());
        let sql = plan(&source, &window.unwrap()).unwrap().sql;
        assert!(sql.ends_with("< DATE '1998-07-01' AND `Currency` = 'EUR'"), "{sql}");
        let plain = Catalog::of([orders("orders", 1, "amount")]);
        assert_eq!(resolve_source(&asked(Some("EUR")), &plain).unwrap().currency, None);
    }

    #[test]
    fn a_name_that_could_leave_its_quotes_is_refused() {
        let zone: Zone = "UTC".parse().unwrap();
        let window = window_of(&question(None), jiff::Timestamp::UNIX_EPOCH, &zone).unwrap();
        let good =
            resolve_source(&question(None), &Catalog::of([orders("orders", 1, "amount")])).unwrap();
        for bad in ["", "a`b", "a b", "a;b", "a--b", "a'b", "größe", "a\nb", "a.b"] {
            let day = Source { day_column: bad.into(), ..good.clone() };
            let amount = Source { amount_column: bad.into(), ..good.clone() };
            assert_eq!(plan(&day, &window), Err(PlanError::UnsafeName), "{bad:?}");
            assert_eq!(plan(&amount, &window), Err(PlanError::UnsafeName), "{bad:?}");
        }
        for bad in ["", "a`b", "a b", "a.b", "a;b", "a'b"] {
            let table = TableRef { dataset: bad.into(), ..good.table.clone() };
            let source = Source { table, ..good.clone() };
            assert_eq!(plan(&source, &window), Err(PlanError::UnsafeName), "{bad:?}");
        }
    }

    #[test]
    fn without_a_day_the_clock_decides_in_the_zone() {
        let open = Question { as_of: None, ..question(None) };
        let now = "2026-03-01T23:30:00Z".parse().unwrap();
        let until =
            |zone: &str| window_of(&open, now, &zone.parse().unwrap()).unwrap().until_exclusive;
        assert_eq!((until("UTC"), until("Europe/Berlin")), (date(2026, 3, 1), date(2026, 3, 2)));
    }

    #[test]
    fn a_question_with_an_unknown_field_or_metric_is_refused() {
        let parse = |text: &str| serde_json::from_str::<Question>(text);
        assert!(parse(r#"{"metric":"revenue","period":"last_complete_week"}"#).is_ok());
        assert!(parse(r#"{"metric":"profit","period":"last_complete_week"}"#).is_err());
        assert!(
            parse(r#"{"metric":"revenue","period":"last_complete_week","sql":"SELECT 1"}"#)
                .is_err()
        );
    }
}
