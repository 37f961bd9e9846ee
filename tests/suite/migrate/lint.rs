//! Migrations after the first only expand: what an older program still reads is never taken away.
//!
//! A file that contracts says on a line of its own which release stopped using it:
//! `-- contracted by release X: why`. The lint reads statements, not comments or quoted text.

use std::path::PathBuf;

/// Why a text may not be a migration after the first; nothing when it may.
fn forbidden(sql: &str) -> Vec<String> {
    if sql.lines().any(|line| {
        line.trim().strip_prefix("-- contracted by release ").is_some_and(|rest| rest.contains(':'))
    }) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for statement in bare(sql).split(';') {
        let words: Vec<&str> = statement.split_whitespace().collect();
        let text = format!(" {} ", words.join(" "));
        for part in text.split(',') {
            let part = format!(" {} ", part.trim());
            let has = |words: &str| part.contains(words);
            let loosens = has(" DROP NOT NULL ") || has(" DROP DEFAULT ");
            let guards = has(" BEFORE TRUNCATE ON ");
            if (has(" DROP ") && !loosens) || (has(" TRUNCATE ") && !guards) || has(" DELETE FROM ")
            {
                found.push(format!("takes away:{part}"));
            }
            if has(" RENAME ") {
                found.push(format!("renames:{part}"));
            }
            if text.starts_with(" ALTER ") && (has(" TYPE ") || has(" SET DATA ")) {
                found.push(format!("changes a type:{part}"));
            }
            if text.starts_with(" ALTER TABLE ")
                && ((has(" ADD ") && has(" NOT NULL ") && !has(" DEFAULT ") && !has(" GENERATED "))
                    || has(" SET NOT NULL "))
            {
                found.push(format!("demands a value that an older program does not write:{part}"));
            }
            if has(" CONCURRENTLY ") {
                found.push(format!("cannot run in a transaction:{part}"));
            }
        }
    }
    found
}

/// The text in capitals without comments and quoted text; bodies of functions stay out, too.
fn bare(sql: &str) -> String {
    let mut out = String::new();
    for (index, piece) in sql.split("$$").enumerate() {
        if index % 2 == 1 {
            continue;
        }
        for line in piece.lines() {
            let line = line.split("--").next().unwrap_or_default();
            for (index, piece) in line.split('\'').enumerate() {
                out.push_str(if index % 2 == 0 { piece } else { " " });
            }
            out.push('\n');
        }
    }
    out.to_uppercase().replace(['(', ')'], " ")
}

#[test]
fn migrations_after_the_first_only_expand() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files = 0;
    for scope in ["public", "tenant"] {
        for entry in std::fs::read_dir(root.join(scope)).unwrap() {
            let path = entry.unwrap().path();
            files += 1;
            if path.file_name().unwrap().to_string_lossy().starts_with("0001_") {
                continue;
            }
            let found = forbidden(&std::fs::read_to_string(&path).unwrap());
            assert!(found.is_empty(), "{}: {found:?}", path.display());
        }
    }
    assert!(files >= 2);
}

#[test]
fn the_lint_tells_contracting_from_expanding() {
    let refused = [
        "DROP TABLE event;",
        "ALTER TABLE a ADD COLUMN b text, DROP COLUMN c;",
        "alter table a rename column b to c;",
        "ALTER TABLE a RENAME TO b;",
        "ALTER TABLE a ALTER COLUMN b TYPE bigint;",
        "ALTER TABLE a ALTER b SET DATA TYPE bigint;",
        "ALTER TABLE a ADD COLUMN b text NOT NULL;",
        "ALTER TABLE a ALTER COLUMN b SET NOT NULL;",
        "CREATE INDEX CONCURRENTLY i ON a (b);",
        "TRUNCATE a;",
        "DELETE FROM a;",
        "DROP -- a comment\n INDEX i;",
    ];
    for sql in refused {
        assert!(!forbidden(sql).is_empty(), "{sql} passed");
    }
    let passed = [
        "CREATE TABLE a (b text NOT NULL, type text);",
        "ALTER TABLE a ADD COLUMN b text;",
        "ALTER TABLE a ADD COLUMN b integer NOT NULL DEFAULT 0;",
        "ALTER TABLE a ALTER COLUMN b DROP NOT NULL;",
        "-- DROP TABLE a;\nSELECT 'DROP TABLE a';",
        "CREATE TRIGGER t BEFORE TRUNCATE ON a FOR EACH STATEMENT EXECUTE FUNCTION f();",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM a; END $$;",
        "-- contracted by release 0.3: 0.2 stopped reading b\nALTER TABLE a DROP COLUMN b;",
    ];
    for sql in passed {
        assert_eq!(forbidden(sql), Vec::<String>::new(), "{sql}");
    }
}
