//! What the walk answers, over a small catalog, query by query.
//! Leaks and harmless queries stand in data files beside this one; the rest is asserted here.

mod answers;
mod catalog;
mod leaks;

use autopilot_domain::catalog::Catalog;

use super::super::{lexer, parse};
use super::{Blocked, Lineage, decide, trace};

/// Stack of a walk in tests, in bytes, as on a parse thread.
const STACK: usize = 64 << 20;

/// What came out of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    Unparsed(String),
    Blocked(Blocked),
    Followed(Lineage),
}

impl Answer {
    /// The rule that refused the text, `pii` for the policy, `allowed` if nothing did.
    fn rule(&self) -> &str {
        match self {
            Self::Unparsed(_) => "unparsed",
            Self::Blocked(blocked) => blocked.rule,
            Self::Followed(lineage) if decide(lineage).allowed => "allowed",
            Self::Followed(_) => "pii",
        }
    }

    fn lineage(&self) -> &Lineage {
        match self {
            Self::Followed(lineage) => lineage,
            Self::Unparsed(_) | Self::Blocked(_) => panic!("{self:?}"),
        }
    }
}

/// Parses and follows many texts on one thread with a large stack.
fn follow_all(texts: Vec<String>, catalog: Catalog) -> Vec<Answer> {
    let walk = move || texts.iter().map(|text| follow_here(text, &catalog)).collect();
    std::thread::Builder::new().stack_size(STACK).spawn(walk).unwrap().join().unwrap()
}

fn follow(text: &str) -> Answer {
    follow_all(vec![text.to_owned()], catalog::catalog()).remove(0)
}

fn follow_here(text: &str, catalog: &Catalog) -> Answer {
    let parsed = lexer::lex(text).and_then(|lexed| parse::parse(&lexed.canonical));
    match parsed {
        Err(blocked) => Answer::Unparsed(blocked.reason),
        Ok(statement) => match trace(&statement, catalog) {
            Ok(lineage) => Answer::Followed(lineage),
            Err(blocked) => Answer::Blocked(blocked),
        },
    }
}
