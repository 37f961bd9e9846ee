//! PostgreSQL and Redis behind the ports.
//!
//! Rows are written under a role and a search path that are set in the transaction; the owner's
//! writes are fenced by epoch as well. Nothing here decides about workflows or money; it makes
//! decisions durable. Named by bootstrap alone.

pub mod accounts;
pub mod admin;
mod approvals;
pub mod audit;
pub mod boards;
pub mod budget;
pub mod catalog;
pub mod chain;
pub mod connections;
pub mod errors;
pub mod events;
pub mod export;
pub mod identity;
pub mod io;
pub mod journal;
pub mod ledger;
pub mod migrate;
pub mod operators;
pub mod owned;
pub mod ownership;
pub mod plans;
pub mod provision;
pub mod rate_limit;
pub mod real_queries;
pub mod redis_pool;
pub mod requests;
pub mod rows;
pub mod runs;
pub mod secrets;
pub mod statements;
pub mod tenant_db;

pub use accounts::AccountStore;
pub use approvals::ApprovalStore;
pub use identity::KeyStore;
pub use owned::OwnedTenant;
pub use ownership::NodeStore;
pub use requests::RequestStore;
pub use tenant_db::{TenantDb, TenantTx};
