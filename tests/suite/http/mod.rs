//! The edge, from outside: routes, roles, problems, streams, against an in-memory store.
//!
//! What is asserted here is what a client sees. The store behind it is a stand-in that keeps each
//! organisation's rows apart as the schemas do; the real one has its own tests.

mod edge;
mod inspection;
mod matrix;
mod people;
mod problems;
mod stream;
mod support;
mod workflows;
