//! The store against a real PostgreSQL and Redis: doors, fences, chains, grants.
//! Nothing here mocks the database.
