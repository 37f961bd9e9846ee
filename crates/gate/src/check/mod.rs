//! Checks of one JSON line each, for the command line and for batch tests.
//!
//! Each takes a line and gives a line. Unknown keys are ignored, a line that cannot be read gives a
//! line that says so, and nothing here panics or touches a network.

pub mod sql;

pub use sql::sql_line;
