//! What DataFusion is given besides plans: scalar and aggregate functions over BigQuery values, and
//! scans that know their partitions and bytes.
//!
//! Decides how a body is called; what it means is written beside each body.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an exhaustive list of a foreign enum, or a value the binder has typed: everything else is refused or NULL"
)]

pub(crate) mod collect;
mod prune;
pub(crate) mod runner;
pub(crate) mod scalar;
pub(crate) mod scan;

use datafusion::common::{DataFusionError, ScalarValue};

use super::fault::{Fault, Kind};
use super::types::Type;
use super::value::{Value, column};

/// What BigQuery says when a query takes too much memory.
const OUT_OF_MEMORY: &str = "Resources exceeded during query execution: The query could not be executed in the allotted memory.";

/// A value as the engine's constant.
pub(crate) fn constant(value: &Value, of: &Type) -> ScalarValue {
    let array = column(std::slice::from_ref(value), of);
    ScalarValue::try_from_array(&array, 0).unwrap_or(ScalarValue::Null)
}

/// A fault on its way through the engine.
pub(crate) fn carry(fault: Fault) -> DataFusionError {
    DataFusionError::External(Box::new(fault))
}

/// The fault inside an error of the engine; an error of its own becomes a plain sentence.
pub(crate) fn fault_of(error: &DataFusionError) -> Fault {
    if let Some(fault) = find(error) {
        return fault;
    }
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => {
            Fault::new(Kind::ResourcesExceeded, OUT_OF_MEMORY)
        }
        DataFusionError::NotImplemented(what) => {
            tracing::debug!(what, "the engine lacks a construct");
            Fault::unsupported("A construct of this query")
        }
        other => {
            tracing::debug!(error = %other, "the engine refused a plan");
            Fault::unsupported("The shape of this query")
        }
    }
}

fn find(error: &DataFusionError) -> Option<Fault> {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = source {
        if let Some(fault) = current.downcast_ref::<Fault>() {
            return Some(fault.clone());
        }
        source = match current.downcast_ref::<DataFusionError>() {
            Some(DataFusionError::External(inner)) => Some(inner.as_ref()),
            Some(DataFusionError::Context(_, inner)) => Some(inner.as_ref()),
            Some(DataFusionError::Shared(inner)) => Some(inner.as_ref()),
            Some(DataFusionError::ArrowError(inner, _)) => Some(inner.as_ref()),
            _ => current.source(),
        };
    }
    None
}
