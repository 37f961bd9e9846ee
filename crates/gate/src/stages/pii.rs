//! The third stage: every use of a column must be of one that is examined and clear.
//!
//! A filter or a sort tells about a column as much as a SELECT does, so no clause is exempt but those
//! that the lineage calls harmless. A column nobody has examined counts as protected. A caller may ask
//! for redaction instead of a refusal, which helps only where a protected value does nothing but stand
//! in the result; anything else needs a person's approval of this very text.

use autopilot_domain::catalog::{Catalog, Examination};
use autopilot_domain::codes::ErrorCode;
use autopilot_domain::failure::{Failure, FailureClass};
use autopilot_domain::pii::{self, Label};

use super::{Cataloged, SafeQuery};
use crate::masks::Masks;
use crate::receipt::PiiOutcome;
use crate::safety::{self, Clause, Lineage, OutputColumn};

/// What the caller wants done about protected columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Protected {
    /// Refuse the query.
    #[default]
    Refuse,
    /// Redact what would stand in the result; refuse every other use.
    Redact,
    /// Ask a person for an approval of this text.
    Ask,
}

/// A query that shows nothing of a protected column, or a person agreed that it may.
#[derive(Debug)]
pub struct PiiDecided {
    safe: SafeQuery,
}

/// Why the columns stand in the way.
#[derive(Debug)]
pub(crate) struct PiiRefusal {
    pub(crate) failure: Failure,
    /// The columns, each once.
    pub(crate) columns: Vec<String>,
}

impl PiiDecided {
    /// Decides about the columns; `agreed` says that an approval of this text stands.
    ///
    /// # Errors
    /// `PII_PROTECTED` naming the columns that are personal or not examined.
    pub(crate) fn check(
        cataloged: Cataloged,
        wish: Protected,
        agreed: bool,
    ) -> Result<Self, PiiRefusal> {
        let (safe, lineage, catalog) = cataloged.into_parts();
        let decision = safety::decide(&lineage);
        if decision.allowed {
            return Ok(Self { safe: safe.decided(Masks::default(), PiiOutcome::Clear) });
        }
        if agreed {
            return Ok(Self { safe: safe.decided(Masks::default(), PiiOutcome::Approved) });
        }
        let only_shown = decision.refused.iter().all(|refused| refused.clause == Clause::Output);
        let masks = masks(&lineage, &catalog);
        match masks {
            Some(masks) if only_shown && wish == Protected::Redact => {
                Ok(Self { safe: safe.decided(masks, PiiOutcome::Redacted) })
            }
            Some(_) | None => Err(refusal(&decision.refused)),
        }
    }

    /// The query.
    pub(super) fn into_safe(self) -> SafeQuery {
        self.safe
    }
}

fn refusal(refused: &[safety::ProtectedUse]) -> PiiRefusal {
    let mut columns: Vec<String> = refused.iter().map(|refused| refused.column.clone()).collect();
    columns.sort_unstable();
    columns.dedup();
    let names = columns.join(", ");
    let sentence =
        format!("The query uses columns that are protected or not yet examined: {names}.");
    let failure = Failure::with(FailureClass::ValidationFailed, ErrorCode::PiiProtected, sentence);
    PiiRefusal { failure, columns }
}

/// The places of the result to redact; none when a place is not known.
fn masks(lineage: &Lineage, catalog: &Catalog) -> Option<Masks> {
    if lineage.outputs.iter().any(|output| output.open) {
        return None;
    }
    let places = lineage.outputs.iter();
    let places = places.map(|output| output.revealing.then(|| word(output, catalog)));
    Some(Masks::new(places.collect()))
}

/// What kind of personal data a place of the result would show, as far as the names say.
fn word(output: &OutputColumn, catalog: &Catalog) -> &'static str {
    let protected = output.sources.iter().filter(|source| source.protected);
    let labels = protected.filter_map(|source| {
        let column = catalog.table(&source.table)?.column(&source.column)?;
        if column.examination == Examination::Unexamined {
            return Some("unexamined");
        }
        let named = pii::examine(&pii::Column {
            table: &source.table.table,
            column: &column.name,
            column_type: column.column_type,
            samples: pii::Samples::new(std::iter::empty::<&str>()),
        });
        (named.label != Label::None).then(|| named.label.as_str())
    });
    labels.max().unwrap_or("personal")
}
