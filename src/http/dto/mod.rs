//! The shapes of requests and answers: the public contract, apart from the domain's own types.
//!
//! Every conversion is written by hand, so that a renamed domain field cannot change the API by
//! accident. Requests refuse unknown fields. Money is a decimal text in US dollars, bytes are
//! integers, times are RFC 3339 texts in UTC.

pub(super) mod actors;
pub(super) mod approvals;
pub(super) mod budget;
pub(super) mod catalog;
pub(super) mod connections;
pub(super) mod events;
pub(super) mod identity;
pub(super) mod meta;
pub(super) mod problem;
pub(super) mod queries;
pub(super) mod questions;
pub(super) mod receipts;
pub(super) mod settings;
pub(super) mod workflows;
