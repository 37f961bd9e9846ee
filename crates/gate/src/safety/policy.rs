//! What a tenant allows: projects, data sets, stored routines, and the limits of a query.
//!
//! A list that is left out allows every project and data set but no routine. Patterns are compared
//! with regard to case and part by part, so that a `*` never reaches across a dot unseen.

/// A tenant's policy for SQL texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Patterns of allowed projects; None allows all.
    pub projects: Option<Vec<String>>,
    /// Patterns of allowed data sets, `dataset` or `project.dataset`; None allows all.
    pub datasets: Option<Vec<String>>,
    /// Patterns of reviewed stored routines, `dataset.routine` or `project.dataset.routine`.
    pub routines: Vec<String>,
    /// Rows a SELECT without aggregation and LIMIT is limited to.
    pub default_limit: u64,
    /// Most joins in one FROM.
    pub max_joins: usize,
    /// Most enclosing subqueries.
    pub max_nesting: usize,
    /// Rows from which on a table needs a time filter.
    pub large_rows: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            projects: None,
            datasets: None,
            routines: Vec::new(),
            default_limit: 10_000,
            max_joins: 5,
            max_nesting: 3,
            large_rows: 1_000_000,
        }
    }
}

impl Policy {
    /// Whether tables and routines of this project may be used.
    pub(super) fn allows_project(&self, project: &str) -> bool {
        self.projects.as_ref().is_none_or(|known| known.iter().any(|p| matches(p, project)))
    }

    /// Whether tables of this data set may be read; `project` is None when the text leaves it out.
    pub(super) fn allows_dataset(&self, project: Option<&str>, dataset: &str) -> bool {
        let Some(known) = &self.datasets else { return true };
        known.iter().any(|pattern| match pattern.rsplit_once('.') {
            Some((of, name)) => project.is_none_or(|p| matches(of, p)) && matches(name, dataset),
            None => matches(pattern, dataset),
        })
    }

    /// Whether a stored routine of this name may be called.
    pub(super) fn allows_routine(&self, parts: &[&str]) -> bool {
        let known_project = match parts {
            [project, _, _] => self.allows_project(project),
            [_, _] => true,
            _ => return false,
        };
        known_project && self.routines.iter().any(|pattern| routine_matches(pattern, parts))
    }
}

fn routine_matches(pattern: &str, parts: &[&str]) -> bool {
    let wanted: Vec<&str> = pattern.split('.').collect();
    let same = |of: &[&str], parts: &[&str]| {
        of.len() == parts.len() && of.iter().zip(parts).all(|(p, part)| matches(p, part))
    };
    match (wanted.as_slice(), parts) {
        (["*"], _) => true,
        ([of, "*"], [project, _, _]) if matches(of, project) => true,
        (of @ [_, _], [_, dataset, routine]) => same(of, &[dataset, routine]),
        ([_, dataset, routine], [of, name]) => same(&[dataset, routine], &[of, name]),
        (of, parts) => same(of, parts),
    }
}

/// Whether the text fits the pattern; `*` stands for any run of characters.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut rest) = text.strip_prefix(head) else { return false };
    let mut pieces: Vec<&str> = tail.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        for (pattern, text, fits) in [
            ("shop", "shop", true),
            ("shop", "Shop", false),
            ("*", "anything", true),
            ("sh*p", "shop", true),
            ("sh*p", "shopx", false),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "acb", false),
            ("aa*aa", "aaa", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn a_routine_of_a_foreign_project_needs_the_project_too() {
        let policy = Policy {
            projects: Some(vec!["acme".to_owned()]),
            routines: vec!["udf.*".to_owned(), "mozfun.map.*".to_owned()],
            ..Policy::default()
        };
        for (parts, allowed) in [
            (&["udf", "f"][..], true),
            (&["acme", "udf", "f"], true),
            (&["evil", "udf", "f"], false),
            (&["mozfun", "map", "sum"], false),
            (&["other", "f"], false),
            (&["f"], false),
        ] {
            assert_eq!(policy.allows_routine(parts), allowed, "{parts:?}");
        }
    }
}
