//! Builds what a planning model may see of a tenant's warehouse, and reads what it may answer.
//!
//! Decides which metadata enters a prompt and in what form. Row values, frequent values and sample
//! values have no way in: there is no field for them. It must never trust a name or a description:
//! whoever can comment on a column writes them. The random mark is an argument, so the same input
//! gives the same prompt.

mod clean;
mod context;
mod identifier;
mod line;
pub mod tool;

pub use clean::{DESCRIPTION_LIMIT, description, is_clean};
pub use context::{
    CatalogView, ColumnView, ContextOptions, Identifier, Mark, MarkRefusal, Original,
    PromptContext, TableView, build,
};
pub use identifier::{IDENTIFIER_LIMIT, is_safe as is_safe_identifier, safe as safe_identifier};
pub use line::{check_line, check_line_with};
