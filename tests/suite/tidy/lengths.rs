//! How long files and functions may be, counted without their tests.
//!
//! A function counts from its first line (attributes and documentation aside) to its closing brace.

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use super::exceptions;
use super::sources::SourceFile;
use super::{Finding, assert_none, sources};

const FILE: usize = 400;
const ACTOR_FILE: usize = 250;
const FUNCTION: usize = 60;
const MEDIAN: usize = 12;

/// A function and its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Function {
    name: String,
    line: usize,
    lines: usize,
}

/// A file's measures.
struct Measures {
    /// Lines outside of test modules.
    lines: usize,
    functions: Vec<Function>,
}

fn measure(file: &SourceFile) -> syn::Result<Measures> {
    let tree = syn::parse_file(&file.text)?;
    let mut counter = Counter { test_lines: 0, functions: Vec::new() };
    counter.visit_file(&tree);
    let lines = file.text.lines().count().saturating_sub(counter.test_lines);
    Ok(Measures { lines, functions: counter.functions })
}

struct Counter {
    test_lines: usize,
    functions: Vec<Function>,
}

impl Counter {
    fn function(&mut self, signature: &syn::Signature, end: proc_macro2::Span) {
        let (first, last) = (signature.span().start().line, end.end().line);
        let name = signature.ident.to_string();
        self.functions.push(Function { name, line: first, lines: last - first + 1 });
    }
}

impl<'ast> Visit<'ast> for Counter {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.attrs.iter().any(is_test_only) {
            self.test_lines += lines(item.span());
        } else {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if item.attrs.iter().any(is_test_only) {
            self.test_lines += lines(item.span());
        } else {
            self.function(&item.sig, item.block.span());
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, item.block.span());
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block.span());
        }
        visit::visit_trait_item_fn(self, item);
    }
}

/// `#[cfg(test)]` and `#[test]`; `#[cfg(not(test))]` is product.
fn is_test_only(attribute: &syn::Attribute) -> bool {
    let cfg_test = || attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"));
    attribute.path().is_ident("test") || attribute.path().is_ident("cfg") && cfg_test()
}

fn lines(span: proc_macro2::Span) -> usize {
    span.end().line - span.start().line + 1
}

fn findings(files: &[SourceFile]) -> Vec<Finding> {
    files.iter().filter(|file| file.is_product()).flat_map(check).collect()
}

fn check(file: &SourceFile) -> Vec<Finding> {
    let finding = |line, subject: &str, message| Finding {
        path: file.path.clone(),
        line,
        subject: subject.to_owned(),
        message,
    };
    let measures = match measure(file) {
        Ok(measures) => measures,
        Err(error) => return vec![finding(1, "", format!("is not Rust: {error}"))],
    };
    let limit = if file.path.starts_with("src/actors/") { ACTOR_FILE } else { FILE };
    let length = format!("{} lines without tests, over {limit}", measures.lines);
    let whole = (measures.lines > limit).then(|| finding(1, "", length));
    let long = measures.functions.iter().filter(|function| function.lines > FUNCTION);
    let long = long.map(|Function { name, line, lines }| {
        finding(*line, name, format!("`{name}` has {lines} lines, over {FUNCTION}"))
    });
    whole.into_iter().chain(long).collect()
}

/// The middle length of all product functions; of two middles the longer.
fn median(files: &[SourceFile]) -> Option<usize> {
    let measured =
        files.iter().filter(|file| file.is_product()).filter_map(|file| measure(file).ok());
    let mut lengths: Vec<usize> =
        measured.flat_map(|file| file.functions).map(|function| function.lines).collect();
    lengths.sort_unstable();
    lengths.get(lengths.len() / 2).copied()
}

#[test]
fn files_and_functions_keep_their_length() {
    let findings = exceptions::keep(&exceptions::LENGTHS, findings(sources::all()));
    assert_none("too long; split it", &findings);
}

#[test]
fn the_median_function_is_short() {
    let median = median(sources::all()).unwrap();
    println!("median function: {median} lines");
    assert!(median <= MEDIAN, "the median function has {median} lines, over {MEDIAN}");
}

#[test]
fn a_long_file_and_a_long_function_are_found() {
    let lines = |count: usize| "const A: u8 = 0;\n".repeat(count);
    let subjects = |path: &str, text: String| -> Vec<String> {
        findings(&[SourceFile::new(path, &text)])
            .into_iter()
            .map(|finding| finding.subject)
            .collect()
    };
    assert_eq!(subjects("src/store/a.rs", lines(400)), [""; 0]);
    assert_eq!(subjects("src/store/a.rs", lines(401)), [""]);
    assert_eq!(subjects("src/actors/a.rs", lines(251)), [""]);
    assert_eq!(subjects("tests/suite/a.rs", lines(401)), [""; 0]);
    let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", lines(300));
    assert_eq!(subjects("src/store/a.rs", lines(300) + &tests), [""; 0]);
    let product = format!("#[cfg(not(test))]\nmod inner {{\n{}}}\n", lines(300));
    assert_eq!(subjects("src/store/a.rs", lines(300) + &product), [""]);
    let function = |count: usize| format!("/// Doc.\nfn f() {{\n{}}}\n", lines(count));
    assert_eq!(subjects("crates/gate/src/a.rs", function(58)), [""; 0]);
    assert_eq!(subjects("crates/gate/src/a.rs", function(59)), ["f"]);
    let method = format!("struct S;\nimpl S {{\n{}}}\n", function(59));
    assert_eq!(subjects("src/a.rs", method), ["f"]);
    assert_eq!(subjects("src/a.rs", "fn f( {".to_owned()), [""]);
}

#[test]
fn the_median_is_the_middle() {
    let text = "fn a() {}\nfn b() {\n\n}\nfn c() {\n\n\n\n\n}\n#[test]\nfn d() {\n\n\n\n}\n";
    assert_eq!(median(&[SourceFile::new("src/a.rs", text)]), Some(3));
    assert_eq!(median(&[]), None);
}
