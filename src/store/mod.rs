//! PostgreSQL and Redis behind the ports.
//!
//! Rows are written under a role and a search path that are set in the transaction; the owner's
//! writes are fenced by epoch as well. Nothing here decides about workflows or money; it makes
//! decisions durable. Named by bootstrap alone.

pub mod admin;
pub mod boards;
pub mod catalog;
pub mod chain;
pub mod errors;
pub mod events;
pub mod identity;
pub mod io;
pub mod journal;
pub mod ledger;
pub mod migrate;
pub mod owned;
pub mod ownership;
pub mod provision;
pub mod rate_limit;
pub mod redis_pool;
pub mod requests;
pub mod rows;
pub mod runs;
pub mod statements;
pub mod tenant_db;

pub use identity::KeyStore;
pub use owned::OwnedTenant;
pub use ownership::NodeStore;
pub use requests::RequestStore;
pub use tenant_db::{TenantDb, TenantTx};
