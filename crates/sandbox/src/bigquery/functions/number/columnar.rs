//! The four operators on whole columns, for the types that queries compute with most.
//!
//! Decides nothing new: each row is answered by [`fast`], a row that is NULL on either
//! side is NULL and is never computed, so it can raise no error.

use datafusion::arrow::array::{
    ArrowPrimitiveType, Decimal128Array, Float64Array, Int64Array, PrimitiveArray,
};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{Decimal128Type, Float64Type, Int64Type};

use super::fast;
use crate::bigquery::fault::Fault;

/// What answers one row.
type Row<I, O> = fn(
    <I as ArrowPrimitiveType>::Native,
    <I as ArrowPrimitiveType>::Native,
) -> Result<<O as ArrowPrimitiveType>::Native, Fault>;

/// Row by row, skipping rows with a NULL; both columns have the same length.
fn pairs<I, O>(
    left: &PrimitiveArray<I>,
    right: &PrimitiveArray<I>,
    of: Row<I, O>,
) -> Result<PrimitiveArray<O>, Fault>
where
    I: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    use datafusion::arrow::array::Array as _;
    let valid = NullBuffer::union(left.nulls(), right.nulls());
    let values = left.values().iter().zip(right.values().iter());
    let computed: Result<Vec<O::Native>, Fault> = match &valid {
        None => values.map(|(x, y)| of(*x, *y)).collect(),
        Some(valid) => values
            .zip(valid.iter())
            .map(|((x, y), is)| if is { of(*x, *y) } else { Ok(O::Native::default()) })
            .collect(),
    };
    Ok(PrimitiveArray::new(computed?.into(), valid))
}

macro_rules! columns {
    ($name:ident, $array:ty, $of:path, $input:ty, $output:ty, $result:ty) => {
        pub(crate) fn $name(left: &$array, right: &$array) -> Result<$result, Fault> {
            pairs::<$input, $output>(left, right, $of)
        }
    };
}

columns!(add_i64, Int64Array, fast::add_int, Int64Type, Int64Type, Int64Array);
columns!(subtract_i64, Int64Array, fast::subtract_int, Int64Type, Int64Type, Int64Array);
columns!(multiply_i64, Int64Array, fast::multiply_int, Int64Type, Int64Type, Int64Array);
columns!(divide_i64, Int64Array, fast::divide_int, Int64Type, Float64Type, Float64Array);
columns!(add_f64, Float64Array, fast::add_float, Float64Type, Float64Type, Float64Array);
columns!(subtract_f64, Float64Array, fast::subtract_float, Float64Type, Float64Type, Float64Array);
columns!(multiply_f64, Float64Array, fast::multiply_float, Float64Type, Float64Type, Float64Array);
columns!(divide_f64, Float64Array, fast::divide_float, Float64Type, Float64Type, Float64Array);

macro_rules! decimals {
    ($name:ident, $of:path) => {
        pub(crate) fn $name(
            left: &Decimal128Array,
            right: &Decimal128Array,
        ) -> Result<Decimal128Array, Fault> {
            let plain = pairs::<Decimal128Type, Decimal128Type>(left, right, $of)?;
            Ok(plain.with_data_type(crate::bigquery::types::Type::Numeric.arrow()))
        }
    };
}

decimals!(add_numeric, fast::add_numeric);
decimals!(subtract_numeric, fast::subtract_numeric);
decimals!(multiply_numeric, fast::multiply_numeric);
decimals!(divide_numeric, fast::divide_numeric);
