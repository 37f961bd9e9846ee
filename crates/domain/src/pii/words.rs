//! Splits table and column names into plain words, whatever spelling their author liked.
//!
//! Decides where a word ends (separators, camel humps, digits, glued words) and folds case and
//! accents. It must never look at sample values and never allocate without bound: names are cut.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Characters of a name that are looked at; BigQuery allows 300.
const NAME_LIMIT: usize = 300;
/// The shortest part a glued word is cut into; shorter ones match by accident.
const MIN_PART: usize = 3;

/// Case and accents folded: `Straße` and `STRASSE` read the same.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'ß' | 'ẞ' => folded.push_str("ss"),
            'ø' | 'Ø' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            'đ' | 'Đ' => folded.push('d'),
            'æ' | 'Æ' => folded.push_str("ae"),
            'œ' | 'Œ' => folded.push_str("oe"),
            'ı' => folded.push('i'),
            other => folded.extend(other.to_lowercase()),
        }
    }
    folded
}

/// The words of a name in order, folded; glued words are cut where both parts are known.
pub(super) fn tokens(vocabulary: &HashSet<String>, name: &str) -> Vec<String> {
    let name: String = name.chars().take(NAME_LIMIT).collect();
    let mut found = Vec::new();
    for piece in name.split(|c: char| !c.is_alphanumeric()) {
        for hump in humps(piece) {
            let word = fold(&hump);
            push_word(vocabulary, &word, &mut found);
        }
    }
    found
}

fn push_word(vocabulary: &HashSet<String>, word: &str, found: &mut Vec<String>) {
    if word.is_empty() {
        return;
    }
    if vocabulary.contains(word) {
        found.push(word.to_owned());
        return;
    }
    let (letters, digits) = split_digits(word);
    if !letters.is_empty() && !digits.is_empty() {
        push_word(vocabulary, letters, found);
        push_word(vocabulary, digits, found);
        return;
    }
    match glued(vocabulary, word, 3) {
        Some(parts) => found.extend(parts),
        None => found.push(word.to_owned()),
    }
}

/// `line1` into `line` and `1`; a word without trailing or leading digits comes back whole.
fn split_digits(word: &str) -> (&str, &str) {
    let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
    if letters.is_empty() || letters.len() == word.len() {
        let rest = word.trim_start_matches(|c: char| c.is_ascii_digit());
        return word.split_at_checked(word.len() - rest.len()).unwrap_or((word, ""));
    }
    word.split_at_checked(letters.len()).unwrap_or((word, ""))
}

/// Cuts a word into at most `parts` words of the vocabulary, longest first part first.
fn glued(vocabulary: &HashSet<String>, word: &str, parts: usize) -> Option<Vec<String>> {
    if vocabulary.contains(word) {
        return Some(vec![word.to_owned()]);
    }
    if parts < 2 || !word.is_ascii() || word.len() < 2 * MIN_PART {
        return None;
    }
    (MIN_PART..=word.len() - MIN_PART).rev().find_map(|at| {
        let (head, tail) = word.split_at_checked(at)?;
        if !vocabulary.contains(head) {
            return None;
        }
        let mut rest = glued(vocabulary, tail, parts - 1)?;
        rest.insert(0, head.to_owned());
        Some(rest)
    })
}

/// Camel humps: `customerEmail`, `IPAddress`, `userID`. Words in one case stay whole.
fn humps(piece: &str) -> Vec<String> {
    let chars: Vec<char> = piece.chars().collect();
    let mut found = Vec::new();
    let mut current = String::new();
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|i| chars.get(i));
        let after = chars.get(at + 1);
        let starts = c.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase()
                    || (b.is_uppercase() && after.is_some_and(|a| a.is_lowercase()))
                    || (b.is_ascii_digit() && after.is_some_and(|a| a.is_lowercase()))
            });
        if starts && !current.is_empty() {
            found.push(std::mem::take(&mut current));
        }
        current.push(c);
    }
    found.push(current);
    found
}

/// Where a phrase stands among the tokens: the index of its first token, and how many it takes.
pub(super) fn find(tokens: &[String], phrase: &str) -> Option<(usize, usize)> {
    let length = phrase.split(' ').count();
    if !phrase.is_ascii() {
        return tokens.iter().position(|t| holds_foreign(t, phrase)).map(|at| (at, 1));
    }
    tokens
        .windows(length)
        .position(|window| window.iter().map(String::as_str).eq(phrase.split(' ')))
        .map(|at| (at, length))
}

/// Scripts without spaces: a phrase of two signs may stand inside a longer word.
fn holds_foreign(token: &str, phrase: &str) -> bool {
    token == phrase || (phrase.chars().count() >= 2 && token.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::super::lexicon::Lexicon;
    use super::*;

    fn tokens(name: &str) -> Vec<String> {
        super::tokens(&Lexicon::new().vocabulary, name)
    }

    #[test]
    fn names_split_at_separators_humps_digits_and_known_words() {
        for (name, expected) in [
            ("customer_email", "customer email"),
            ("customerEmail", "customer email"),
            ("IPAddress", "ip address"),
            ("CUSTOMER_PHONE", "customer phone"),
            ("userID", "user id"),
            ("addressLine1", "address line 1"),
            ("ipv4", "ipv4"),
            ("email_sha256", "email sha256"),
            ("customerphonenumber", "customer phone number"),
            ("Téléphone", "telephone"),
            ("Straße", "strasse"),
            ("data-nascita", "data nascita"),
            ("", ""),
            ("___", ""),
        ] {
            assert_eq!(tokens(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn a_phrase_is_found_as_neighbouring_words_only() {
        let name = tokens("home_phone_number");
        assert_eq!(find(&name, "phone number"), Some((1, 2)));
        assert_eq!(find(&name, "home number"), None);
        assert_eq!(find(&tokens("顧客電話番号"), "電話番号"), Some((0, 1)));
    }
}
