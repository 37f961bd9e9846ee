//! The store against a real PostgreSQL and Redis: doors, fences, chains, statements, the ledger.
//! Nothing here mocks the database.

mod chain;
mod doors;
mod fence;
mod keys;
mod ledger;
mod statements;
mod steps;
