//! Which items of a FROM are tied to each other by a condition, and how many rows may come of them.
//!
//! A condition ties items only if it speaks of both; one that is true by what is written, or about one
//! side, ties nothing. A column without its table in front may belong to any item, so in doubt items
//! count as tied: this must refuse products, never an honest join.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, visit_expressions};

use super::filters::{Item, is_date_part};

/// Most items that are told apart; a usual cap on joins is far below.
pub(super) const MOST: usize = 64;

/// Groups of items that are tied to each other.
#[derive(Debug)]
pub(super) struct Groups {
    /// The group of each item, named after one of its items.
    of: Vec<usize>,
}

impl Groups {
    fn apart(items: usize) -> Self {
        Self { of: (0..items).collect() }
    }

    /// The group of an item.
    pub(super) fn group(&self, item: usize) -> usize {
        self.of.get(item).copied().unwrap_or(item)
    }

    fn tie(&mut self, left: usize, right: usize) {
        let (from, to) = (self.group(right), self.group(left));
        for group in &mut self.of {
            if *group == from {
                *group = to;
            }
        }
    }

    fn tie_all(&mut self, touched: &Touched) {
        let items = self.of.len();
        if touched.anything() {
            self.of = vec![0; items];
            return;
        }
        if let Some(first) = touched.items.first() {
            touched.items.iter().for_each(|item| self.tie(*first, *item));
        }
    }
}

/// What ties the items of a block together.
#[derive(Debug, Default)]
pub(super) struct Links<'q> {
    conditions: Vec<&'q Expr>,
    /// Items joined by columns' names with the item before them.
    using: Vec<usize>,
}

impl<'q> Links<'q> {
    pub(super) fn condition(&mut self, expr: &'q Expr) {
        self.conditions.push(expr);
    }

    pub(super) fn using(&mut self, item: usize) {
        self.using.push(item);
    }

    /// The groups that all conditions make, and those that equality alone makes.
    pub(super) fn groups(&self, items: &[Item<'q>]) -> (Groups, Groups) {
        let (mut tied, mut equal) = (Groups::apart(items.len()), Groups::apart(items.len()));
        for item in &self.using {
            tied.tie(item.saturating_sub(1), *item);
            equal.tie(item.saturating_sub(1), *item);
        }
        for condition in &self.conditions {
            for part in conjuncts(condition) {
                let touched = touched(part, items);
                tied.tie_all(&touched);
                if is_equality(part, items) {
                    equal.tie_all(&touched);
                }
            }
        }
        (tied, equal)
    }
}

/// What one condition speaks of.
#[derive(Debug, Default)]
struct Touched {
    items: BTreeSet<usize>,
    /// Columns that may belong to any item.
    bare: BTreeSet<String>,
}

impl Touched {
    /// Whether it may speak of any two items.
    fn anything(&self) -> bool {
        self.bare.len().saturating_add(usize::from(!self.items.is_empty())) > 1
    }

    fn nothing(&self) -> bool {
        self.items.is_empty() && self.bare.is_empty()
    }
}

/// The parts of a condition that must all be true.
fn conjuncts(condition: &Expr) -> Vec<&Expr> {
    split(condition, &BinaryOperator::And)
}

fn split<'q>(condition: &'q Expr, by: &BinaryOperator) -> Vec<&'q Expr> {
    let mut open = vec![condition];
    let mut parts = Vec::new();
    while let Some(expr) = open.pop() {
        if let Expr::Nested(inner) = expr {
            open.push(inner);
        } else if let Expr::BinaryOp { left, op, right } = expr
            && op == by
        {
            open.extend([&**left, &**right]);
        } else {
            parts.push(expr);
        }
    }
    parts
}

/// What a condition speaks of; of alternatives, what all of them speak of.
fn touched(condition: &Expr, items: &[Item<'_>]) -> Touched {
    let mut branches = split(condition, &BinaryOperator::Or).into_iter();
    let mut all = branches.next().map(|first| mentions(first, items)).unwrap_or_default();
    for branch in branches {
        let one = mentions(branch, items);
        if one.anything() {
            continue;
        }
        if all.anything() {
            all = one;
            continue;
        }
        all.items.retain(|item| one.items.contains(item));
        all.bare.retain(|name| one.bare.contains(name));
    }
    all
}

/// Whether the condition asks for equal values of two items.
fn is_equality(condition: &Expr, items: &[Item<'_>]) -> bool {
    split(condition, &BinaryOperator::Or).into_iter().all(|branch| {
        if let Expr::BinaryOp { left, op: BinaryOperator::Eq, right }
        | Expr::IsNotDistinctFrom(left, right) = branch
        {
            return !mentions(left, items).nothing() && !mentions(right, items).nothing();
        }
        matches!(branch, Expr::InSubquery { .. } | Expr::InUnnest { .. } | Expr::InList { .. })
            || split(branch, &BinaryOperator::And).len() > 1
                && conjuncts(branch).into_iter().any(|part| is_equality(part, items))
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only names are looked at")]
fn mentions(expr: &Expr, items: &[Item<'_>]) -> Touched {
    let mut touched = Touched::default();
    let item = |name: &str| {
        let named = |item: &Item<'_>| {
            item.alias.as_deref().is_some_and(|alias| alias.eq_ignore_ascii_case(name))
        };
        items.iter().position(named)
    };
    let _all: ControlFlow<()> = visit_expressions(expr, |seen: &Expr| {
        let (first, whole) = match seen {
            Expr::Identifier(ident) if !is_date_part(&ident.value) => (Some(ident), 1),
            Expr::CompoundIdentifier(parts) => (parts.first(), parts.len()),
            _ => (None, 0),
        };
        if let Some(ident) = first.filter(|ident| !ident.value.starts_with('@')) {
            match item(&ident.value) {
                Some(found) => drop(touched.items.insert(found)),
                None => {
                    let name = if whole > 1 { seen.to_string() } else { ident.value.clone() };
                    touched.bare.insert(name.to_ascii_lowercase());
                }
            }
        }
        ControlFlow::Continue(())
    });
    touched
}
