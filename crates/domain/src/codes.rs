//! The one table of public error codes.
//!
//! A code decides what a reader is told: a meaning, what to do next, and a page in docs/errors that
//! is written from this table. HTTP statuses are not known here; `http/problem.rs` maps them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! error_codes {
    ($($variant:ident, $text:literal, $meaning:literal, $next:literal;)+) => {
        /// A public error code. Codes are never renamed or reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ErrorCode {
            $(#[doc = $meaning] #[serde(rename = $text)] $variant,)+
        }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as it is written in answers, events and file names.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// One plain sentence that says what happened.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)+ }
            }

            /// One plain sentence that says what to do next.
            #[must_use]
            pub const fn next_step(self) -> &'static str {
                match self { $(Self::$variant => $next,)+ }
            }
        }
    };
}

error_codes! {
    // The edge.
    AuthMissing, "AUTH_MISSING", "The request carries neither an API key nor a session.", "Send the header `Authorization: Bearer <api key>`, or sign in at POST /v1/session.";
    AuthInvalid, "AUTH_INVALID", "The API key or session is not valid.", "Check the key or sign in again; an admin of your organisation can help.";
    LoginFailed, "LOGIN_FAILED", "The address and the password do not belong together.", "Check both; an admin of your organisation can give you a new invitation.";
    LoginThrottled, "LOGIN_THROTTLED", "There were too many failed attempts to sign in.", "Try again after the time in the Retry-After header; until then even the right password is refused.";
    CsrfRefused, "CSRF_REFUSED", "A change sent with a session's cookie lacks the proof that it comes from this service's own page.", "Read the token at GET /v1/session and send it in the header X-CSRF-Token.";
    InvitationInvalid, "INVITATION_INVALID", "The invitation is used up, has ended, or never existed.", "Ask an admin of your organisation for a new one.";
    PasswordUnfit, "PASSWORD_UNFIT", "The password is not one the service accepts.", "Choose another one; the message says what is missing.";
    LastAdmin, "LAST_ADMIN", "The organisation would be left without an admin.", "Make somebody else an admin first.";
    AddressTaken, "ADDRESS_TAKEN", "Your organisation already has a user with this address.", "Look the user up, or use another address.";
    VersionConflict, "VERSION_CONFLICT", "The settings were changed since you read them.", "Read them again, and repeat the change on the new version.";
    TooMany, "TOO_MANY", "There are as many of these as there may be.", "Remove one that is no longer needed.";
    RoleForbidden, "ROLE_FORBIDDEN", "Your role may not do this.", "Ask an admin of your organisation for a higher role.";
    NotFound, "NOT_FOUND", "There is nothing under this address.", "Check the address and the id.";
    MethodNotAllowed, "METHOD_NOT_ALLOWED", "This address does not answer that method.", "See the API description at /docs.";
    InputInvalid, "INPUT_INVALID", "The request is not of the form this address takes.", "Correct the named field and send the request again; nothing was changed.";
    BodyTooLarge, "BODY_TOO_LARGE", "The request body is larger than allowed.", "Send a smaller body.";
    IdempotencyConflict, "IDEMPOTENCY_CONFLICT", "This Idempotency-Key was used before with another input.", "Use a new key for a new request, or repeat the first input unchanged.";
    RunNotRetryable, "RUN_NOT_RETRYABLE", "Only a workflow that ended in partial failure can be retried.", "Look at the workflow's status; start a new one if it has ended.";
    QueueFull, "QUEUE_FULL", "Your organisation has as many waiting workflows as it may have.", "Wait until one has finished, or cancel one.";
    RateLimited, "RATE_LIMITED", "More calls were made than are allowed in a minute.", "Try again after the time in the Retry-After header; the fields limit, remaining, resets_at and scope say which limit it was.";
    HeadersTooLarge, "HEADERS_TOO_LARGE", "The request's headers or its address are larger than allowed.", "Send fewer or shorter headers, or a shorter address.";
    Overloaded, "OVERLOADED", "The service is busier than it accepts.", "Try again after the time in the Retry-After header.";
    Draining, "DRAINING", "This server is shutting down and takes no new work.", "Try again; another server will answer.";
    DependencyDown, "DEPENDENCY_DOWN", "A part the service depends on does not answer.", "Try again in a minute; /readyz says which part it is.";
    Internal, "INTERNAL", "Something went wrong inside the service.", "Report the request id to the operator.";
    ConnectionConflict, "CONNECTION_CONFLICT", "Another connection is active, or this one was changed meanwhile.", "Read the connections again; disconnect the active one first if this one is to take its place.";
    // Workflows.
    StepPanicked, "STEP_PANICKED", "A step ended unexpectedly.", "Retry the workflow; if it happens again, report the workflow id.";
    StepInputInvalid, "STEP_INPUT_INVALID", "A step was given something it cannot work with.", "Start the workflow again with a corrected input.";
    OwnershipLost, "OWNERSHIP_LOST", "Another server took this organisation's work over.", "Nothing is lost; the other server goes on.";
    // Questions.
    QuestionUnsupported, "QUESTION_UNSUPPORTED", "This question has no form the service can answer yet.", "Ask one of the listed question forms.";
    MetricNotFound, "METRIC_NOT_FOUND", "No table holds the columns this question needs.", "Name the table, its day column and its amount column in the question.";
    CurrencyNeeded, "CURRENCY_NEEDED", "The table holds amounts of several currencies and the question names none.", "Ask again with a currency, for example \"currency\": \"EUR\".";
    EmptyResult, "EMPTY_RESULT", "The query found no data for this period.", "Choose another period, or check that the data has arrived.";
    // The governed path.
    RealExecutionForbidden, "REAL_EXECUTION_FORBIDDEN", "Queries on real connections are switched off.", "An operator decides about this with ALLOW_REAL_QUERY_EXECUTION.";
    SqlBlocked, "SQL_BLOCKED", "The query is not one of the allowed forms.", "See the rule named in the message and rewrite the query.";
    TableUnknown, "TABLE_UNKNOWN", "The query names a table that the catalog does not hold.", "Check the table's name, or refresh the catalog.";
    ColumnUnknown, "COLUMN_UNKNOWN", "The query names a column that the table does not have.", "Check the column's name, or refresh the catalog.";
    PiiProtected, "PII_PROTECTED", "The query uses a column that is protected or not yet examined.", "An admin can examine the column and record a decision.";
    OverQueryCap, "OVER_QUERY_CAP", "The query would read more than one query may.", "Narrow the period or the columns, or ask for an approval.";
    OverHourlyBudget, "OVER_HOURLY_BUDGET", "The query would exceed what your organisation may read in an hour.", "Narrow the query, or wait until earlier queries leave the window.";
    ApprovalNeeded, "APPROVAL_NEEDED", "The query waits for a person's approval.", "Someone who may approve decides at POST /v1/approvals/{id}/decision; the workflow then goes on by itself.";
    ApprovalRejected, "APPROVAL_REJECTED", "The approval that the query needs was refused.", "Read the reason at GET /v1/approvals, and start a narrower query.";
    ApprovalExpired, "APPROVAL_EXPIRED", "Nobody decided about the approval in time.", "Retry the workflow to ask again.";
    ApprovalClosed, "APPROVAL_CLOSED", "The approval has been decided already, or its time is over.", "Read it at GET /v1/approvals/{id}.";
    ApproverForbidden, "APPROVER_FORBIDDEN", "You may not decide about this approval.", "Ask another admin; your own request only you may approve when you are the only admin.";
    SpendingClosed, "SPENDING_CLOSED", "The budget cannot be checked right now, so nothing is spent.", "Try again shortly; reading stored results goes on.";
    EstimateMismatch, "ESTIMATE_MISMATCH", "The warehouse read the query differently than the safety check.", "Simplify the query; if it is a plain one, report it.";
    // The warehouse.
    WarehouseTimeout, "WAREHOUSE_TIMEOUT", "The warehouse did not finish in time.", "Retry, or narrow the query.";
    WarehouseQuota, "WAREHOUSE_QUOTA", "The warehouse refused because of a quota.", "Narrow the query, or raise the quota in your cloud project.";
    WarehouseDenied, "WAREHOUSE_DENIED", "The warehouse refused access.", "Check the service account's roles on the project and the data set.";
    WarehouseNotFound, "WAREHOUSE_NOT_FOUND", "The warehouse does not know this table, data set or project.", "Check the names and the location of the connection.";
    WarehouseRejected, "WAREHOUSE_REJECTED", "The warehouse could not run the query.", "Check the query against the table's columns and types.";
    WarehouseUnavailable, "WAREHOUSE_UNAVAILABLE", "The warehouse is not available right now.", "Try again; the service retries by itself within its limits.";
    WarehouseMalformed, "WAREHOUSE_MALFORMED", "The warehouse sent an answer that could not be understood.", "Report the workflow id to the operator.";
    WarehousePartial, "WAREHOUSE_PARTIAL", "The warehouse sent only part of the result.", "Retry the step; treat the figures as incomplete until then.";
    BytesLimitExceeded, "BYTES_LIMIT_EXCEEDED", "The query would have read more than was reserved for it, so the warehouse refused it.", "Narrow the query; nothing was billed.";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text is not one of the public error codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a known error code")]
pub struct UnknownErrorCode;

impl FromStr for ErrorCode {
    type Err = UnknownErrorCode;

    fn from_str(text: &str) -> Result<Self, UnknownErrorCode> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(UnknownErrorCode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_back_and_are_distinct() {
        let mut seen = std::collections::BTreeSet::new();
        for code in ErrorCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert!(seen.insert(code.as_str()), "{code} stands twice");
            assert!(code.meaning().ends_with('.') && code.next_step().ends_with('.'));
        }
    }
}
