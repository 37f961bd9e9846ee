//! In-memory ports for actor tests on a paused clock: scripted, deterministic, without sockets.
