//! One aggregate function that gathers its arguments and computes at the end.
//!
//! Decides order, DISTINCT, NULL treatment and LIMIT inside an aggregate call, which the engine's own
//! aggregates do not offer together. The hot aggregates do not pass here.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result as EngineResult, ScalarValue};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Expr, Signature, Volatility,
};

use super::{carry, constant};
use crate::bigquery::fault::Fault;
use crate::bigquery::types::Type;
use crate::bigquery::value::{Value, read};

/// Computes the result from the gathered rows of arguments.
pub(crate) type Finish = fn(&[Vec<Value>], &[Type]) -> Result<Value, Fault>;

/// How rows are ordered before the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SortKey {
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

/// An aggregate call.
pub(crate) struct Collect {
    pub(crate) name: String,
    /// Types of the arguments, then of the sort keys.
    pub(crate) types: Vec<Type>,
    pub(crate) result: Type,
    pub(crate) distinct: bool,
    /// Rows whose first argument is NULL are left out.
    pub(crate) ignore_nulls: bool,
    /// The last arguments are these sort keys.
    pub(crate) order: Vec<SortKey>,
    pub(crate) limit: Option<usize>,
    pub(crate) finish: Finish,
}

impl Collect {
    /// A call of it; `args` holds the arguments, then the sort keys.
    pub(crate) fn call(self, args: Vec<Expr>) -> Expr {
        let udaf = self.udaf();
        Expr::AggregateFunction(AggregateFunction::new_udf(udaf, args, false, None, vec![], None))
    }

    /// The function itself, for windows.
    pub(crate) fn udaf(self) -> Arc<AggregateUDF> {
        let signature = Signature::any(self.types.len(), Volatility::Immutable);
        Arc::new(AggregateUDF::new_from_impl(Udaf { inner: Arc::new(self), signature }))
    }

    fn state(&self) -> Type {
        let fields = self.types.iter().map(|t| (String::new(), t.clone())).collect();
        Type::Array(Box::new(Type::Struct(fields)))
    }

    fn end(&self, rows: &[Vec<Value>]) -> Result<Value, Fault> {
        let mut rows: Vec<&Vec<Value>> = rows
            .iter()
            .filter(|row| !(self.ignore_nulls && row.first().is_some_and(Value::is_null)))
            .collect();
        let arguments = self.types.len().saturating_sub(self.order.len());
        if self.distinct {
            let mut seen: Vec<&Value> = Vec::new();
            rows.retain(|row| {
                let Some(first) = row.first() else { return false };
                let new = !seen.contains(&first);
                if new {
                    seen.push(first);
                }
                new
            });
        }
        if !self.order.is_empty() {
            rows.sort_by(|a, b| self.compare(a.get(arguments..), b.get(arguments..)));
        }
        rows.truncate(self.limit.unwrap_or(usize::MAX));
        let plain: Vec<Vec<Value>> =
            rows.into_iter().map(|row| row.iter().take(arguments).cloned().collect()).collect();
        (self.finish)(&plain, self.types.get(..arguments).unwrap_or_default())
    }

    fn compare(&self, a: Option<&[Value]>, b: Option<&[Value]>) -> Ordering {
        let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
        let keys = self.order.iter().zip(a).zip(b);
        keys.map(|((key, x), y)| key.compare(x, y)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
    }
}

impl SortKey {
    fn compare(self, a: &Value, b: &Value) -> Ordering {
        let nulls = |first: bool| if first { Ordering::Less } else { Ordering::Greater };
        match (a.is_null(), b.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => nulls(self.nulls_first),
            (false, true) => nulls(self.nulls_first).reverse(),
            (false, false) => {
                let order = compare(a, b);
                if self.descending { order.reverse() } else { order }
            }
        }
    }
}

/// Order of two values of one orderable type; NULL comes first.
pub(crate) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b))
        | (Value::Time(a), Value::Time(b))
        | (Value::Datetime(a), Value::Datetime(b))
        | (Value::Timestamp(a), Value::Timestamp(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => {
            // NaN comes before everything else.
            a.partial_cmp(b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
        }
        (Value::Numeric(a), Value::Numeric(b)) => a.cmp(b),
        (Value::BigNumeric(a), Value::BigNumeric(b)) => a.cmp(b),
        (Value::Str(a), Value::Str(b)) => a.cmp(b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}

impl std::fmt::Debug for Collect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.name)
    }
}

#[derive(Debug)]
struct Udaf {
    inner: Arc<Collect>,
    signature: Signature,
}

impl Udaf {
    fn key(&self) -> impl PartialEq + Hash + '_ {
        let this = &self.inner;
        (
            &this.name,
            &this.types,
            &this.result,
            this.distinct,
            this.ignore_nulls,
            &this.order,
            this.limit,
        )
    }
}

impl PartialEq for Udaf {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&self.inner, &other.inner);
        (&a.name, &a.types, &a.result, a.distinct, a.ignore_nulls, &a.order, a.limit)
            == (&b.name, &b.types, &b.result, b.distinct, b.ignore_nulls, &b.order, b.limit)
    }
}

impl Eq for Udaf {}

impl Hash for Udaf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl AggregateUDFImpl for Udaf {
    fn name(&self) -> &str {
        &self.inner.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> EngineResult<DataType> {
        Ok(self.inner.result.arrow())
    }

    fn accumulator(&self, _args: AccumulatorArgs<'_>) -> EngineResult<Box<dyn Accumulator>> {
        Ok(Box::new(Gathered { call: Arc::clone(&self.inner), rows: Vec::new(), weight: 0 }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> EngineResult<Vec<FieldRef>> {
        let name = format!("{}[rows]", args.name);
        Ok(vec![Arc::new(Field::new(name, self.inner.state().arrow(), true))])
    }
}

#[derive(Debug)]
struct Gathered {
    call: Arc<Collect>,
    rows: Vec<Vec<Value>>,
    /// Bytes that the rows take.
    weight: usize,
}

impl Gathered {
    fn push(&mut self, row: Vec<Value>) {
        let values: usize = row.iter().map(Value::weight).sum();
        let own = size_of::<Vec<Value>>();
        self.weight = self.weight.saturating_add(values).saturating_add(own);
        self.rows.push(row);
    }
}

impl Accumulator for Gathered {
    fn update_batch(&mut self, values: &[ArrayRef]) -> EngineResult<()> {
        let rows = values.first().map_or(0, |first| first.len());
        for row in 0..rows {
            let call = Arc::clone(&self.call);
            let args = values.iter().zip(&call.types);
            self.push(args.map(|(array, of)| read(array, row, of)).collect());
        }
        Ok(())
    }

    fn evaluate(&mut self) -> EngineResult<ScalarValue> {
        let value = self.call.end(&self.rows).map_err(carry)?;
        Ok(constant(&value, &self.call.result))
    }

    fn size(&self) -> usize {
        // The result is built while the rows still stand.
        size_of_val(self).saturating_add(self.weight.saturating_mul(2))
    }

    fn state(&mut self) -> EngineResult<Vec<ScalarValue>> {
        let rows = self.rows.iter().map(|row| Value::Struct(row.clone())).collect();
        Ok(vec![constant(&Value::Array(rows), &self.call.state())])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> EngineResult<()> {
        let Some(states) = states.first() else { return Ok(()) };
        for at in 0..states.len() {
            if let Value::Array(rows) = read(states, at, &self.call.state()) {
                let rows = rows.into_iter().filter_map(|row| match row {
                    Value::Struct(parts) => Some(parts),
                    _ => None,
                });
                rows.for_each(|row| self.push(row));
            }
        }
        Ok(())
    }
}
