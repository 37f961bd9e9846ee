//! Acceptance rows, one test each, named after its id; phase by phase.
//! docs/acceptance.md lists which are proven.

mod phase0;
mod phase0_documents;
mod phase1a;
mod phase1b;
mod phase2;
