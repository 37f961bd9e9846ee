//! What the use cases and actors need from outside, as traits, and the two values that open a tenant.
//!
//! A [`RequestContext`] (a person asked) or an [`OwnerClaim`] (this node owns the tenant) is the only
//! value from which a tenant can be reached. Ports speak domain types; no adapter type crosses them.

pub mod accounts;
pub mod approvals;
pub mod audit;
pub mod boards;
pub mod budget;
pub mod clock;
pub mod connections;
pub mod context;
pub mod fakes;
pub mod identity;
pub mod ownership;
pub mod plans;
pub mod rate_limit;
pub mod requests;
pub mod runs;
pub mod secrets;
pub mod settings;
pub mod steps;

pub use accounts::{Accounts, SignIn};
pub use audit::AuditKeeper;
pub use autopilot_gate::ports::{BudgetLedger, GateJournal, Warehouse};
pub use boards::{Boards, Inspection, Inspector};
pub use clock::Clock;
pub use context::{Actor, OperatorContext, OwnerClaim, RequestContext, Role};
pub use identity::Identity;
pub use ownership::Ownership;
pub use plans::{OrgLimits, Plans};
pub use rate_limit::{RateLimiter, RateSource, Rates};
pub use requests::Requests;
pub use runs::{RunRecord, RunStore, StoreError};
pub use settings::Settings;
pub use steps::{StepCall, Steps, TenantPorts, Tenants};
