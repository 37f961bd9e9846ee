//! The edge: HTTP requests in, port calls out.
//!
//! This layer decides who may call what (one route table), what a request must look like, and how a
//! failure is shown (one function from code to status). It holds no rule of the product and no SQL:
//! whatever it answers about a tenant came through a port under that tenant's request context.
//! It must never echo a value of a request or an inner error text back to the caller.

mod admin;
mod approvals;
mod auth;
mod budget;
mod catalog;
mod connections;
mod cookie;
mod csrf;
mod cursor;
mod docs;
mod dto;
mod edge;
mod error_pages;
mod extract;
mod guard;
mod health;
mod json_error;
mod keys;
mod metrics;
mod openapi;
mod origin;
mod problem;
mod queries;
mod rate_limit;
mod request_id;
mod route_table;
mod server;
mod session;
mod settings;
mod state;
mod stream;
mod trace;
mod users;
mod workflows;

pub use metrics::{Figures, serve_metrics};
pub use openapi::document;
pub use problem::{Problem, retry_after, status};
pub use route_table::{Access, ROUTES, RouteSpec, Verb, configure};
pub use server::{app, serve};
pub use state::{ActorView, AppState, Limits, PartStatus, People, Readiness};
