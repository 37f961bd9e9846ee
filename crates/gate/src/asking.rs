//! When a person must be asked: the question, and what its answers mean for the path.
//!
//! An approval is bound to one text of one run and to a most of bytes. A query that was asked about
//! does not run; it comes back as a new attempt once somebody decided, and passes every check again.

use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::ids::Digest;
use autopilot_domain::units::Bytes;

use crate::gate::Gate;
use crate::ports::{ApprovalKind, ApprovalRequest, Standing};
use crate::receipt::Origin;

impl Gate {
    /// Most bytes a person agreed to, if anybody did.
    ///
    /// # Errors
    /// When the store cannot say.
    pub(crate) async fn agreed(
        &self,
        kind: ApprovalKind,
        origin: &Origin,
        hash: Digest,
    ) -> Result<Option<Bytes>, Failure> {
        Ok(match self.standing(kind, origin, hash).await? {
            Standing::Granted { most } => Some(most),
            Standing::Unasked | Standing::Pending | Standing::Rejected | Standing::Expired => None,
        })
    }

    async fn standing(
        &self,
        kind: ApprovalKind,
        origin: &Origin,
        hash: Digest,
    ) -> Result<Standing, Failure> {
        match &self.approvals {
            Some(approvals) => approvals.standing(kind, origin, hash).await,
            None => Ok(Standing::Unasked),
        }
    }

    /// Asks a person about a query that `refusal` stands in the way of; answers why it does not run
    /// now. Where nobody can be asked, the refusal stays what it is.
    pub(crate) async fn ask(&self, request: ApprovalRequest, refusal: Failure) -> Failure {
        let Some(approvals) = &self.approvals else { return refusal };
        let ApprovalRequest { kind, origin, canonical_hash, .. } = &request;
        match self.standing(*kind, origin, *canonical_hash).await {
            Ok(Standing::Pending) => waiting(&refusal),
            // What was agreed to does not cover it any more: the question is a new one.
            Ok(Standing::Unasked | Standing::Granted { .. }) => {
                approvals.ask(&request).await.map_or_else(|failure| failure, |()| waiting(&refusal))
            }
            Ok(Standing::Rejected) => denied(ErrorCode::ApprovalRejected, &refusal),
            Ok(Standing::Expired) => denied(ErrorCode::ApprovalExpired, &refusal),
            Err(failure) => failure,
        }
    }
}

/// The same reason, with a decision that is waited for.
fn waiting(refusal: &Failure) -> Failure {
    let sentence = format!("{} It waits for an approval.", refusal.safe_message);
    Failure::with(refusal.class, ErrorCode::ApprovalNeeded, sentence)
}

fn denied(code: ErrorCode, refusal: &Failure) -> Failure {
    let sentence = format!("{} {}", refusal.safe_message, code.meaning());
    Failure::with(FailureClass::PermissionDenied, code, sentence)
}
