//! The stages of the path as types.
//!
//! Draft -> [`SafeQuery`] -> [`Cataloged`] -> [`PiiDecided`] -> [`Estimated`] -> [`Priced`] ->
//! [`Reserved`] -> [`ApprovedQuery`]. Each type has a module of its own, private fields and no `Clone`: a value that
//! has passed a check is consumed by the next one, and not even the rest of this crate can make one
//! without the check. Only [`Draft`] has a public constructor.

mod cataloged;
mod draft;
mod pii;
mod priced;
mod reserved;

pub use cataloged::Cataloged;
pub(crate) use cataloged::{look_up, usable};
pub use draft::{Draft, SafeQuery};
pub(crate) use pii::PiiRefusal;
pub use pii::{PiiDecided, Protected};
pub(crate) use priced::OverCap;
pub use priced::{Estimated, Priced};
pub(crate) use reserved::Bounds;
pub use reserved::{ApprovedQuery, Reserved};
