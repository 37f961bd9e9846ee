//! The launcher against real servers: what it starts answers, what it stops is gone, whoever dies.
//!
//! Each test uses a folder of its own. Tests that kill an owner run one in a process of its own:
//! this same binary, asked for the ignored test `child::child_process` (see `support::Owner`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod child;
mod lifetime;
mod owned;
mod shared;
mod support;
