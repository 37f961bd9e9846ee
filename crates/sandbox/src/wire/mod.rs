//! What goes over the wire: errors, schemas, values and parameters in BigQuery's shapes.
//!
//! Numbers that may exceed a double are JSON strings, as the service sends them. Nothing here decides
//! whether a call is allowed.

pub(crate) mod error;
pub(crate) mod parameters;
pub(crate) mod schema;
pub(crate) mod streamed;
pub(crate) mod values;
