//! What must not stand in a log, found by its form and replaced: keys, tokens, passwords, personal data.
//!
//! The last line of defence: whoever logs must not log secrets, and this catches it when they do, in
//! our own texts as in an upstream's. It decides by form alone (and by check digits, where there are
//! some), so it can hide a harmless number; it must never let a known form through. Phone numbers are
//! known by their leading plus only.

/// Something to hide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hit {
    /// Bytes in front that may be shown.
    keep: usize,
    /// Bytes behind them that may not.
    hide: usize,
    /// What it is.
    what: &'static str,
}

const fn whole(hide: usize, what: &'static str) -> Hit {
    Hit { keep: 0, hide, what }
}

/// The text with everything hidden that has a known form.
#[must_use]
pub fn mask(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    let mut before: Option<char> = None;
    while let Some(next) = rest.chars().next() {
        let at_word = before.is_none_or(|c| !c.is_alphanumeric());
        if let Some(hit) = anywhere(rest).or_else(|| if at_word { word(rest) } else { None }) {
            shown.push_str(rest.get(..hit.keep).unwrap_or_default());
            shown.push_str("[REDACTED:");
            shown.push_str(hit.what);
            shown.push(']');
            rest = rest.get(hit.keep + hit.hide..).unwrap_or_default();
            before = Some(']');
            continue;
        }
        shown.push(next);
        rest = rest.get(next.len_utf8()..).unwrap_or_default();
        // In JSON a line break is written as two characters, of which the second is a letter.
        let escaped = before == Some('\\') && matches!(next, 'n' | 'r' | 't');
        before = (!escaped).then_some(next);
    }
    shown
}

/// Forms that are unmistakable wherever they begin.
fn anywhere(rest: &str) -> Option<Hit> {
    private_key(rest).or_else(|| password(rest)).or_else(|| {
        let length = run(rest.strip_prefix("ap_")?, key_byte);
        (length >= 40).then(|| whole(3 + length, "api_key"))
    })
}

/// Forms that are told from other text by beginning a word.
fn word(rest: &str) -> Option<Hit> {
    bearer(rest)
        .or_else(|| token(rest))
        .or_else(|| email(rest))
        .or_else(|| iban(rest))
        .or_else(|| numbers(rest))
}

/// Bytes at the front for which `belongs` holds.
fn run(text: &str, belongs: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| belongs(*byte)).count()
}

const fn key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn private_key(rest: &str) -> Option<Hit> {
    let inside = rest.strip_prefix("-----BEGIN ")?;
    let (title, _) = inside.split_once("-----")?;
    if !title.ends_with("PRIVATE KEY") {
        return None;
    }
    // One that is cut off is hidden to the end of the text.
    let end = format!("-----END {title}-----");
    let length = rest.find(&end).map_or(rest.len(), |at| at + end.len());
    Some(whole(length, "private_key"))
}

/// The password of `scheme://user:password@host`.
fn password(rest: &str) -> Option<Hit> {
    let authority = rest.strip_prefix("://")?;
    let belongs =
        |b: u8| !b.is_ascii_whitespace() && !matches!(b, b'/' | b'?' | b'#' | b'"' | b'<');
    let authority = authority.get(..run(authority, belongs))?;
    let (user, _) = authority.rsplit_once('@')?;
    let (name, password) = user.split_once(':')?;
    let keep = "://".len() + name.len() + 1;
    (!password.is_empty()).then_some(Hit { keep, hide: password.len(), what: "password" })
}

/// What follows the name of an authentication scheme.
fn bearer(rest: &str) -> Option<Hit> {
    let scheme = ["bearer ", "basic "]
        .into_iter()
        .find(|s| rest.get(..s.len()).is_some_and(|head| head.eq_ignore_ascii_case(s)))?;
    let credential = rest.get(scheme.len()..)?;
    let belongs = |byte| key_byte(byte) || matches!(byte, b'.' | b'+' | b'/' | b'=' | b'~');
    let hide = run(credential, belongs);
    (hide >= 8).then_some(Hit { keep: scheme.len(), hide, what: "credential" })
}

/// Keys and tokens that begin with what their issuers begin them with.
fn token(rest: &str) -> Option<Hit> {
    let length = run(rest, |byte| key_byte(byte) || byte == b'.');
    let text = rest.get(..length)?;
    if text.starts_with("eyJ") && length >= 20 && text.matches('.').count() >= 2 {
        return Some(whole(length, "jwt"));
    }
    let known =
        [("ap_", 11), ("sk-", 20), ("ya29.", 20), ("AIza", 30), ("GOCSPX-", 20), ("mb_", 20)];
    let fits = known.iter().any(|(head, least)| text.starts_with(head) && length >= *least);
    fits.then(|| whole(length, "api_key"))
}

fn email(rest: &str) -> Option<Hit> {
    let local = run(rest, |b| b.is_ascii_alphanumeric() || b"._%+-'".contains(&b));
    let domain = rest.get(local..)?.strip_prefix('@')?;
    let length = run(domain, |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    let named = domain.get(..length)?.trim_end_matches('.');
    let (_, top) = named.rsplit_once('.')?;
    let fits = local > 0 && top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic());
    fits.then(|| whole(local + 1 + named.len(), "email"))
}

/// Two letters, two check digits and the account, in one piece or in groups of four.
fn iban(rest: &str) -> Option<Hit> {
    let head = rest.as_bytes().get(..4)?;
    let shaped = head.iter().take(2).all(u8::is_ascii_uppercase)
        && head.iter().skip(2).all(u8::is_ascii_digit);
    if !shaped {
        return None;
    }
    let mut account: Vec<u8> = Vec::new();
    let mut found = None;
    let mut spaced = false;
    for (index, byte) in rest.bytes().enumerate() {
        match byte {
            b' ' if !spaced => spaced = true,
            b'0'..=b'9' | b'A'..=b'Z' if account.len() < 34 => {
                account.push(byte);
                spaced = false;
                let ends = !rest.as_bytes().get(index + 1).is_some_and(u8::is_ascii_alphanumeric);
                if ends && account.len() >= 15 && divides_97(&account) {
                    found = Some(whole(index + 1, "iban"));
                }
            }
            _ => break,
        }
    }
    found
}

fn divides_97(account: &[u8]) -> bool {
    let moved = account.iter().skip(4).chain(account.iter().take(4));
    let rest = moved.fold(0_u32, |sum, byte| match byte {
        b'0'..=b'9' => (sum * 10 + u32::from(byte - b'0')) % 97,
        other => (sum * 100 + u32::from(other.saturating_sub(b'A')) + 10) % 97,
    });
    rest == 1
}

/// Card numbers by their check digit, phone numbers by their plus.
fn numbers(rest: &str) -> Option<Hit> {
    let international = rest.starts_with('+');
    let body = rest.strip_prefix('+').unwrap_or(rest);
    if !body.bytes().next()?.is_ascii_digit() {
        return None;
    }
    let separators: &[u8] = if international { b" -()." } else { b" -" };
    let span = run(body, |byte| byte.is_ascii_digit() || separators.contains(&byte));
    let text = body.get(..span)?.trim_end_matches(|c: char| !c.is_ascii_digit());
    let follows = body.as_bytes().get(text.len()).is_some_and(u8::is_ascii_alphanumeric);
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let length = text.len() + usize::from(international);
    if international {
        return (8..=15).contains(&digits.len()).then(|| whole(length, "phone"));
    }
    let card = (13..=19).contains(&digits.len()) && !follows && luhn(&digits);
    card.then(|| whole(length, "card"))
}

fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| match (index % 2, digit * 2) {
            (0, _) => *digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_forms_are_hidden_and_the_rest_is_shown() {
        let key = format!("ap_{}", "x".repeat(43));
        for (text, expected) in [
            (format!("key={key} done"), "key=[REDACTED:api_key] done".to_owned()),
            (format!("\\n{key}"), "\\n[REDACTED:api_key]".to_owned()),
            (format!("wrap{key}"), "wr[REDACTED:api_key]".replace("wr[", "wrap[")),
            (
                "Authorization: Bearer abc.def-ghi".into(),
                "Authorization: Bearer [REDACTED:credential]".into(),
            ),
            ("eyJhbGciOi.eyJzdWIiOiIx.c2ln".into(), "[REDACTED:jwt]".into()),
            ("redis://:s3cret@h:1/0".into(), "redis://:[REDACTED:password]@h:1/0".into()),
            ("postgres://u:p@ss@h/d".into(), "postgres://u:[REDACTED:password]@h/d".into()),
            ("mail to <a.b+c@example.org>.".into(), "mail to <[REDACTED:email]>.".into()),
            ("call +49 (170) 123-4567!".into(), "call [REDACTED:phone]!".into()),
            ("DE89 3704 0044 0532 0130 00 ok".into(), "[REDACTED:iban] ok".into()),
            ("\"GB82WEST12345698765432\"".into(), "\"[REDACTED:iban]\"".into()),
            ("card 4111 1111 1111 1111.".into(), "card [REDACTED:card].".into()),
            (
                "-----BEGIN RSA PRIVATE KEY-----\\nMII\\n-----END RSA PRIVATE KEY-----\\n".into(),
                "[REDACTED:private_key]\\n".into(),
            ),
            ("-----BEGIN PRIVATE KEY-----\nMII".into(), "[REDACTED:private_key]".into()),
        ] {
            assert_eq!(mask(&text), expected, "{text}");
        }
    }

    #[test]
    fn what_only_resembles_them_stays() {
        for text in [
            "2026-11-23T20:15:12.123456+00:00 INFO http_request{route=/v1/workflows status=200}",
            "request_id=01a20a0f-eff4-76a1-99c9-73ed04055570",
            "http://127.0.0.1:8080/v1/me",
            "map_of_things ap_x card 4111 1111 1111 1112 DE00370400440532013000",
            "user@host +1 2 -----BEGIN CERTIFICATE----- caf\u{e9} @",
        ] {
            assert_eq!(mask(text), text);
        }
    }
}
