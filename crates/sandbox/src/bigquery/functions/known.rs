//! Names of BigQuery functions that the simulator does not have.
//!
//! Decides only the words of a refusal: a name in this list is a limit of the simulator, any other
//! unknown name is BigQuery's own "Function not found".

/// Whole families.
const FAMILIES: &[&str] = &[
    "ST_",
    "S2_",
    "HLL_COUNT.",
    "KLL_QUANTILES.",
    "NET.",
    "KEYS.",
    "AEAD.",
    "DETERMINISTIC_",
    "DLP_",
    "ML.",
    "AI.",
    "OBJ.",
    "VECTOR_",
    "BAG_OF_",
    "TEXT_",
    "RANGE_",
    "ARRAY_",
    "GENERATE_",
    "FLOAT32",
];

const NAMES: &[&str] = &[
    "RAND",
    "SESSION_USER",
    "EXTERNAL_QUERY",
    "APPENDS",
    "CORR",
    "STDDEV",
    "ANY_VALUE",
    "GROUPING",
    "COSINE_DISTANCE",
    "EUCLIDEAN_DISTANCE",
    "DOT_PRODUCT",
    "MAKE_INTERVAL",
    "JUSTIFY_DAYS",
    "JUSTIFY_HOURS",
    "JUSTIFY_INTERVAL",
    "DATE_BUCKET",
    "DATETIME_BUCKET",
    "TIMESTAMP_BUCKET",
    "SEARCH",
    "ERROR",
    "IFERROR",
    "ISERROR",
    "NULLIFERROR",
    "PARSE_DATE",
    "PARSE_TIME",
    "PARSE_DATETIME",
    "PARSE_TIMESTAMP",
    "FORMAT_DATE",
    "FORMAT_TIME",
    "FORMAT_DATETIME",
    "FORMAT_TIMESTAMP",
    "ZEROIFNULL",
    "NULLIFZERO",
    "PERCENTILE_CONT",
    "PERCENTILE_DISC",
    "TYPEOF",
    "ELEMENTS_TO_STRING",
    "MAP",
    "PI",
];

/// Whether BigQuery has a function of this name.
pub(crate) fn is_known(name: &str) -> bool {
    NAMES.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family))
}
