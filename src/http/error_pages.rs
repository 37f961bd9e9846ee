//! One page for each error code, written from the table of codes and their statuses.
//!
//! The files in docs/errors are these texts; a test compares them and never writes. To write them
//! after a change of the table: `cargo test --lib write_error_pages -- --ignored`.

use autopilot_domain::codes::ErrorCode;

use super::problem::{retry_after, status};

/// The page about one code, in Markdown.
pub(super) fn page(code: ErrorCode) -> String {
    let status = status(code);
    let varies = matches!(code, ErrorCode::RateLimited | ErrorCode::LoginThrottled);
    let again = match retry_after(code) {
        Some(_) if varies => {
            "- **Try again:** after the seconds that the header `Retry-After` says\n".to_owned()
        }
        Some(seconds) => {
            format!("- **Try again:** after {seconds} s; the header `Retry-After` says so too\n")
        }
        None => String::new(),
    };
    format!(
        "# {code}\n\n{}\n\n- **HTTP status:** {status}\n{again}- **What to do next:** {}\n\n\
         The code stands in the field `code` of a problem document, or in the `error` of a workflow's \
         step. Codes are never renamed or reused.\n",
        code.meaning(),
        code.next_step(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    fn folder() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/errors")
    }

    fn index() -> String {
        let rows = ErrorCode::ALL.iter().map(|code| {
            format!("| [{code}]({code}.md) | {} | {} |\n", status(*code).as_u16(), code.meaning())
        });
        let head = "# Error codes\n\nWritten from crates/domain/src/codes.rs; a test keeps these pages equal to it.\n\n\
                    | Code | HTTP status | Meaning |\n| --- | --- | --- |\n";
        format!("{head}{}", rows.collect::<String>())
    }

    fn expected() -> BTreeMap<String, String> {
        let pages = ErrorCode::ALL.iter().map(|code| (format!("{code}.md"), page(*code)));
        pages.chain([("README.md".to_owned(), index())]).collect()
    }

    #[test]
    fn the_pages_in_docs_are_those_of_the_table() {
        let found: BTreeMap<String, String> = std::fs::read_dir(folder())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, std::fs::read_to_string(path).unwrap())
            })
            .collect();
        for (name, text) in expected() {
            assert_eq!(
                found.get(&name),
                Some(&text),
                "{name}: run the ignored test write_error_pages"
            );
        }
        assert_eq!(found.len(), expected().len(), "a page without a code");
    }

    #[test]
    #[ignore = "writes docs/errors"]
    fn write_error_pages() {
        for (name, text) in expected() {
            std::fs::write(folder().join(name), text).unwrap();
        }
    }
}
