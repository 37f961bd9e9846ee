//! A BigQuery scalar function as the engine calls it.
//!
//! Decides row by row calls, NULL propagation and `SAFE.`; two functions are the same when name and
//! types are.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result as EngineResult;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::{OUT_OF_MEMORY, carry, constant};
use crate::bigquery::fault::{Fault, Kind};
use crate::bigquery::functions::{Body, TypedBody};
use crate::bigquery::types::Type;
use crate::bigquery::value::{Value, column, read};

/// A body over whole columns.
pub(crate) type Columns = fn(&[ArrayRef]) -> Result<ArrayRef, Fault>;

/// A body that holds values of its own.
pub(crate) type Closure = dyn Fn(&[Value]) -> Result<Value, Fault> + Send + Sync;

/// How a function is computed.
#[derive(Clone)]
pub(crate) enum Imp {
    Row(Body),
    Typed(TypedBody),
    /// For what a plain function pointer cannot hold, like a path of fields.
    Closure(Arc<Closure>),
    /// Whole columns at once; NULLs are the body's business.
    Columns(Columns),
}

/// Most bytes that the answers to one batch of rows may take: they stand outside the memory pool.
const HEAVIEST: usize = 512 << 20;

/// A function with its types.
pub(crate) struct Scalar {
    /// Tells functions apart together with the types.
    pub(crate) name: String,
    pub(crate) args: Vec<Type>,
    pub(crate) result: Type,
    /// One NULL argument makes the result NULL.
    pub(crate) strict: bool,
    /// A fault makes the result NULL.
    pub(crate) safe: bool,
    pub(crate) imp: Imp,
}

impl Scalar {
    /// A call of it.
    pub(crate) fn call(self, args: Vec<Expr>) -> Expr {
        // A generated array in the plan itself would be copied and printed by every step of planning.
        let generated = self.name.starts_with("GENERATE_");
        let volatility = if generated { Volatility::Volatile } else { Volatility::Immutable };
        let signature = match args.len() {
            // `any` of nothing matches nothing.
            0 => Signature::nullary(volatility),
            count => Signature::any(count, volatility),
        };
        let udf = ScalarUDF::new_from_impl(Udf { inner: Arc::new(self), signature });
        Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(udf), args))
    }

    fn value(&self, args: &[Value]) -> Result<Value, Fault> {
        if self.strict && args.iter().any(Value::is_null) {
            return Ok(Value::Null);
        }
        let result = match &self.imp {
            Imp::Row(body) => body(args),
            Imp::Typed(body) => body(args, &self.args),
            Imp::Closure(body) => body(args),
            Imp::Columns(_) => Err(Fault::unsupported("A row of a column function")),
        };
        match result {
            Err(fault) if self.safe && fault.kind == Kind::InvalidQuery => Ok(Value::Null),
            other => other,
        }
    }

    fn whole(
        &self,
        args: &[ColumnarValue],
        rows: usize,
        body: Columns,
    ) -> EngineResult<ColumnarValue> {
        let scalar = args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if scalar { 1 } else { rows };
        let arrays = args.iter().map(|arg| arg.to_array(rows)).collect::<EngineResult<Vec<_>>>()?;
        let result = body(&arrays).map_err(carry)?;
        if scalar {
            return datafusion::common::ScalarValue::try_from_array(&result, 0)
                .map(ColumnarValue::Scalar);
        }
        Ok(ColumnarValue::Array(result))
    }
}

impl std::fmt::Debug for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.name)
    }
}

#[derive(Debug)]
struct Udf {
    inner: Arc<Scalar>,
    signature: Signature,
}

impl PartialEq for Udf {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&self.inner, &other.inner);
        a.name == b.name && a.args == b.args && a.result == b.result && a.safe == b.safe
    }
}

impl Eq for Udf {}

impl Hash for Udf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.name.hash(state);
        self.inner.args.hash(state);
        self.inner.result.hash(state);
    }
}

impl ScalarUDFImpl for Udf {
    fn name(&self) -> &str {
        &self.inner.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> EngineResult<DataType> {
        Ok(self.inner.result.arrow())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> EngineResult<ColumnarValue> {
        super::runner::go_on().map_err(carry)?;
        let this = &self.inner;
        if let Imp::Columns(body) = this.imp {
            return this.whole(&args.args, args.number_rows, body);
        }
        let constants: Vec<Option<Value>> = args
            .args
            .iter()
            .zip(&this.args)
            .map(|(arg, of)| match arg {
                ColumnarValue::Scalar(scalar) => {
                    scalar.to_array().ok().map(|array| read(&array, 0, of))
                }
                ColumnarValue::Array(_) => None,
            })
            .collect();
        if let Some(all) = constants.iter().cloned().collect::<Option<Vec<_>>>() {
            let value = this.value(&all).map_err(carry)?;
            return Ok(ColumnarValue::Scalar(constant(&value, &this.result)));
        }
        let mut row_args: Vec<Value> =
            constants.iter().map(|known| known.clone().unwrap_or(Value::Null)).collect();
        let mut values = Vec::with_capacity(args.number_rows);
        let mut weight = 0_usize;
        for row in 0..args.number_rows {
            for ((slot, arg), of) in row_args.iter_mut().zip(&args.args).zip(&this.args) {
                if let ColumnarValue::Array(array) = arg {
                    *slot = read(array, row, of);
                }
            }
            let value = this.value(&row_args).map_err(carry)?;
            weight = weight.saturating_add(value.weight());
            if weight > HEAVIEST {
                return Err(carry(Fault::new(Kind::ResourcesExceeded, OUT_OF_MEMORY)));
            }
            values.push(value);
        }
        Ok(ColumnarValue::Array(column(&values, &this.result)))
    }
}
