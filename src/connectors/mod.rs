//! Adapters to the systems outside: each translates one protocol and decides nothing.
//!
//! A connector is named by bootstrap alone. It never lets an upstream text out: every error becomes
//! a class, a code and a sentence of ours.

pub mod bigquery;
