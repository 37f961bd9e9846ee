//! E-mail addresses: single, with a display name, or several in one value.
//!
//! Decides whether a whole value is one or more mailboxes of people or offices. It must not take
//! message ids, ssh targets, package versions or picture names for mailboxes.

/// Domain endings that are files or machines, not domains on the Internet.
static NOT_DOMAINS: &[&str] = &[
    "png",
    "jpg",
    "jpeg",
    "gif",
    "svg",
    "webp",
    "bmp",
    "ico",
    "css",
    "js",
    "ts",
    "json",
    "html",
    "pdf",
    "csv",
    "txt",
    "xml",
    "yaml",
    "yml",
    "zip",
    "gz",
    "internal",
    "local",
    "localhost",
    "lan",
    "localdomain",
    "svc",
    "cluster",
    "intranet",
    "home",
    "arpa",
];

/// Whether the whole value is one or more mailboxes.
pub(super) fn is_email_value(value: &str) -> bool {
    if !value.contains('@') {
        return false;
    }
    let value = value.strip_prefix("mailto:").unwrap_or(value);
    let spaced = || value.split_whitespace().all(is_mailbox);
    is_mailbox(value) || is_display_form(value) || is_list(value) || spaced()
}

/// `a@b; c@d`, display forms included. A piece without `@` may be the first half of a name that is
/// written `Last, First <a@b>`.
fn is_list(value: &str) -> bool {
    let mut mailboxes = 0;
    let mut name_open = false;
    for piece in value.split([';', ',', '|']).map(str::trim) {
        let whole = is_mailbox(piece) || is_display_form(piece);
        match (whole, name_open) {
            (true, false) => mailboxes += 1,
            (true, true) if piece.contains('<') => {
                mailboxes += 1;
                name_open = false;
            }
            (false, false) if !piece.contains('@') => name_open = !piece.is_empty(),
            (true, true) | (false, _) => return false,
        }
    }
    mailboxes > 0 && !name_open
}

/// `Anna K <anna@corp.test>`; the name may not be empty, since `<...@...>` alone is a message id.
fn is_display_form(value: &str) -> bool {
    if let Some((mailbox, name)) = value.strip_suffix(')').and_then(|v| v.split_once(" (")) {
        return !name.contains(['(', '@']) && is_mailbox(mailbox.trim());
    }
    let Some(rest) = value.strip_suffix('>') else { return false };
    let Some((name, mailbox)) = rest.rsplit_once('<') else { return false };
    let name = name.trim();
    !name.is_empty() && name.len() <= 120 && !name.contains(['<', '>', '@']) && is_mailbox(mailbox)
}

/// One plain address with a domain on the Internet, not made by a machine.
pub(super) fn is_mailbox(value: &str) -> bool {
    let Some((local, domain)) = value.rsplit_once('@') else { return false };
    value.len() <= 254 && is_local(local) && is_domain(domain) && !made_by_machine(local)
}

fn is_local(local: &str) -> bool {
    // Stars and hashes are allowed by the standard and used by masks; no provider gives them out.
    let sound = |c: char| c.is_alphanumeric() || ".%&'+=_~-".contains(c);
    !local.is_empty()
        && local.chars().count() <= 64
        && local.chars().all(sound)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
}

fn is_domain(domain: &str) -> bool {
    let mut labels = 0;
    let mut last = "";
    for label in domain.split('.') {
        let sound = !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-');
        if !sound {
            return false;
        }
        labels += 1;
        last = label;
    }
    let named = last.chars().count() >= 2 && last.chars().all(char::is_alphabetic);
    let known_wrong = NOT_DOMAINS.iter().any(|ending| last.eq_ignore_ascii_case(ending));
    labels >= 2 && (named || last.starts_with("xn--")) && !known_wrong
}

/// Long runs of digits and hexadecimal before the `@`: message ids, calendar ids, bounces.
fn made_by_machine(local: &str) -> bool {
    let signs: Vec<char> = local.chars().filter(|c| c.is_alphanumeric()).collect();
    let digits = signs.iter().filter(|c| c.is_ascii_digit()).count();
    let hex = signs.iter().all(char::is_ascii_hexdigit);
    let long = signs.len() >= 16;
    (long && digits * 5 >= signs.len() * 2) || (long && hex && digits > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_are_told_from_what_merely_holds_an_at_sign() {
        for (value, expected) in [
            ("anna@corp.test", true),
            ("ANNA.K+news@MAIL.EXAMPLE.COM", true),
            ("jürgen@bücher.example", true),
            ("o'neil@example.com", true),
            ("john19850312@example.com", true),
            ("mailto:anna@corp.test", true),
            ("Anna K <anna@corp.test>", true),
            ("\"K, Anna\" <anna@corp.test>", true),
            ("anna@corp.test (Anna K)", true),
            ("a@corp.test; b@corp.test", true),
            ("a@corp.test,b@corp.test", true),
            ("Anna <a@corp.test>, Bo <b@corp.test>", true),
            ("<06024523233843.43ab9ff6@mx.example.com>", false),
            ("06024523233843.43ab9ff6@mx.example.com", false),
            ("550e8400-e29b-41d4-a716-446655440000@example.com", false),
            ("deploy@db-70", false),
            ("ubuntu@web-1.eu.internal", false),
            ("root@10.0.0.1", false),
            ("@acme/button@4.7.8", false),
            ("lodash@4.17.21", false),
            ("icon@2x.png", false),
            ("git@github.com:acme/shop.git", false),
            ("https://user@example.com/x", false),
            ("see anna@corp.test", false),
            ("anna@corp", false),
            ("a@@corp.test", false),
            ("a@corp.test b@corp.test", true),
            ("a***@corp.test", false),
            ("@handle", false),
            ("a@corp.test;", true),
            (";", false),
            ("", false),
        ] {
            assert_eq!(is_email_value(value), expected, "{value}");
        }
    }
}
