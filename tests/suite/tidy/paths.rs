//! Every path a Rust file names, with the module that names it.
//!
//! Paths come from the syntax tree; inside macro calls and attribute arguments, which the tree does
//! not open, from the tokens.

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use super::sources::SourceFile;

/// A path as written, e.g. `super::store::Pool`.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
    /// The module that names it, from the root of its crate.
    module: Vec<String>,
}

impl Named {
    /// The path from the root of the crate; nothing when it begins in another crate or locally.
    pub(super) fn within_crate(&self) -> Option<Vec<String>> {
        let first = self.segments.first()?.as_str();
        let mut at = match first {
            "crate" | "autopilot" => Vec::new(),
            "self" | "super" => self.module.clone(),
            _ => return None,
        };
        let mut rest = self.segments.as_slice();
        while let Some((head, tail)) = rest.split_first() {
            match head.as_str() {
                "super" => drop(at.pop()),
                "crate" | "autopilot" | "self" => {}
                _ => break,
            }
            rest = tail;
        }
        at.extend(rest.iter().cloned());
        Some(at)
    }
}

/// All paths of `file`; an unreadable file is an error with the parser's sentence.
pub(super) fn of(file: &SourceFile) -> syn::Result<Vec<Named>> {
    let tree = syn::parse_file(&file.text)?;
    let mut collector = Collector { module: module_of(&file.path), found: Vec::new() };
    collector.visit_file(&tree);
    Ok(collector.found)
}

/// `src/http/routes/mod.rs` is the module `http::routes`.
fn module_of(path: &str) -> Vec<String> {
    let inside = path.rsplit_once("src/").map_or(path, |(_, inside)| inside);
    let parts = inside.trim_end_matches(".rs").split('/');
    parts.filter(|part| !["mod", "lib", "main"].contains(part)).map(str::to_owned).collect()
}

struct Collector {
    module: Vec<String>,
    found: Vec<Named>,
}

impl Collector {
    fn add(&mut self, segments: Vec<String>, line: usize) {
        self.found.push(Named { segments, line, module: self.module.clone() });
    }

    fn tree(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |name: String| [before, &[name]].concat();
        let line = tree.span().start().line;
        match tree {
            syn::UseTree::Path(path) => self.tree(&with(path.ident.to_string()), &path.tree),
            syn::UseTree::Name(name) => self.add(with(name.ident.to_string()), line),
            syn::UseTree::Rename(name) => self.add(with(name.ident.to_string()), line),
            syn::UseTree::Glob(_) => self.add(with("*".to_owned()), line),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.tree(before, item))
            }
        }
    }

    /// Runs of identifiers joined by `::`; a lone identifier is no path.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut run: Vec<String> = Vec::new();
        let (mut line, mut colons) = (0, 0);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end(&mut run, line);
                    }
                    line = ident.span().start().line;
                    run.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.end(&mut run, line);
                    self.tokens(group.stream());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => self.end(&mut run, line),
            }
        }
        self.end(&mut run, line);
    }

    fn end(&mut self, run: &mut Vec<String>, line: usize) {
        let run = std::mem::take(run);
        if run.len() > 1 {
            self.add(run, line);
        }
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&[], &item.tree);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        self.add(vec![item.ident.to_string()], item.span().start().line);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> =
            path.segments.iter().map(|part| part.ident.to_string()).collect();
        if segments.len() > 1 {
            self.add(segments, path.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.tokens(list.tokens.clone());
        visit::visit_meta_list(self, list);
    }
}

#[test]
fn paths_are_found_wherever_they_stand() {
    let text = "use crate::{store::Pool, a as b};\n\
                use ::sqlparser as quiet;\n\
                extern crate actix;\n\
                #[derive(actix::Message)]\n\
                struct S(Vec<crate::http::Route>);\n\
                mod inner { fn f() { super::super::store::g(); } }\n\
                fn h() { assert!(vec![1] == crate::connectors::list(tokio_postgres::connect())); }\n";
    let found = of(&SourceFile::new("src/services/cache.rs", text)).unwrap();
    let shown: Vec<String> = found.iter().map(|named| named.segments.join("::")).collect();
    for wanted in [
        "crate::store::Pool",
        "crate::a",
        "sqlparser",
        "actix",
        "actix::Message",
        "crate::http::Route",
        "super::super::store::g",
        "crate::connectors::list",
        "tokio_postgres::connect",
    ] {
        assert!(shown.iter().any(|path| path == wanted), "{wanted} is missing in {shown:?}");
    }
    let climbing =
        found.iter().find(|named| named.segments.starts_with(&["super".into()])).unwrap();
    assert_eq!(climbing.within_crate().unwrap(), ["services", "store", "g"]);
    assert_eq!(climbing.line, 6);
}

#[test]
fn a_path_in_this_file_climbs_from_this_files_module() {
    let text = "use super::super::store::Pool;";
    let found = of(&SourceFile::new("src/services/cache.rs", text)).unwrap();
    assert_eq!(found[0].within_crate().unwrap(), ["store", "Pool"]);
}
