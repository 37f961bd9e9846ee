//! Makes a description fit to stand inside a prompt.
//!
//! Decides sign by sign: letters and digits of every script stay, a short list of punctuation stays,
//! everything else goes. So a new trick with a new sign is refused without anyone knowing it. It must
//! never cut text to ASCII, and what does not come out clean is dropped whole.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Characters of a description that may enter a prompt.
pub const DESCRIPTION_LIMIT: usize = 200;
/// Characters of raw text that are looked at; what follows is cut before any work is done.
const RAW_LIMIT: usize = 4_000;
/// Marks one letter may carry; more than any script needs is a way to hide text.
const MARKS_PER_LETTER: usize = 3;

/// The description as it may stand in a prompt: one line, at most 200 characters, possibly empty.
///
/// Taking one thing out may bring another together, so this is repeated until nothing changes.
#[must_use]
pub fn description(raw: &str) -> String {
    let raw: String = raw.chars().take(RAW_LIMIT).collect();
    let mut text = once(&raw);
    for _ in 0..4 {
        let next = once(&text);
        if next == text {
            return if is_clean(&text) { text } else { String::new() };
        }
        text = next;
    }
    String::new()
}

fn once(raw: &str) -> String {
    let mut text = visible(raw);
    // Unwrapping once may uncover a second wrapping.
    for _ in 0..3 {
        text = without_addresses(&decode(&text));
    }
    let text = without_turns(&plain(&text));
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.trim_start_matches(['=', '+', '-', '@', '*', ' ']);
    cut(text).to_owned()
}

/// Whether a text could come out of [`description`]: the last check before a prompt is built.
#[must_use]
pub fn is_clean(text: &str) -> bool {
    let lower = text.to_lowercase();
    text.chars().count() <= DESCRIPTION_LIMIT
        && text.chars().all(|c| c == ' ' || allowed(c) || is_combining_mark(c))
        && !["://", "www.", "javascript:", "vbscript:"].iter().any(|part| lower.contains(part))
        && !ROLES.iter().any(|role| ends_in_turn(&lower, role))
}

/// The text in compatibility form with control sequences and invisible signs taken out.
pub(super) fn visible(raw: &str) -> String {
    let mut kept = String::with_capacity(raw.len());
    let mut signs = raw.chars().peekable();
    while let Some(c) = signs.next() {
        match c {
            '\u{1b}' | '\u{9b}' => skip_sequence(c, &mut signs),
            '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                kept.push(' ');
            }
            c if c.is_control() || is_invisible(c) => {}
            c => kept.push(c),
        }
    }
    kept.nfkc().filter(|c| !c.is_control() && !is_invisible(*c)).collect()
}

/// Takes the rest of a terminal control sequence, up to its final letter.
fn skip_sequence(start: char, signs: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    if start == '\u{1b}' && signs.next_if_eq(&'[').is_none() {
        return;
    }
    while signs.next_if(|c| c.is_ascii_digit() || ";:?<=>".contains(*c)).is_some() {}
    signs.next_if(char::is_ascii_alphabetic);
}

/// Signs that take no room on a page: joiners, direction marks, tags, selectors and fillers.
pub(super) const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a sign may stand in a description.
fn allowed(c: char) -> bool {
    const PUNCTUATION: &str = ".,;:!?'()-+/&%=_*$";
    const WIDE: &str = "–—·•«»“”‘’„‚¿¡、。「」『』・€£¥₹°§×±÷≤≥≠→½¼¾ªº।";
    !is_invisible(c) && (c.is_alphanumeric() || PUNCTUATION.contains(c) || WIDE.contains(c))
}

/// Turns escaped brackets, colons and slashes back into signs, so that they are seen and removed.
fn decode(text: &str) -> String {
    const NAMED: [(&str, &str); 14] = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "'"),
        ("&apos;", "'"),
        ("&#39;", "'"),
        ("&lbrace;", "{"),
        ("&colon;", ":"),
        ("&sol;", "/"),
        ("&nbsp;", " "),
        ("&NewLine;", " "),
        ("&grave;", "`"),
        ("&lbrack;", "["),
        ("&rbrack;", "]"),
        ("&amp;", "&"),
    ];
    const PERCENT: [(&str, &str); 10] = [
        ("%3c", "<"),
        ("%3e", ">"),
        ("%7b", "{"),
        ("%7d", "}"),
        ("%3a", ":"),
        ("%2f", "/"),
        ("%60", "`"),
        ("%0a", " "),
        ("%0d", " "),
        ("%20", " "),
    ];
    let mut text = NAMED.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    for (from, to) in PERCENT {
        text = text.replace(from, to).replace(&from.to_ascii_uppercase(), to);
    }
    numeric_entities(&text)
}

/// `&#60;` and `&#x3c;` as the sign they stand for, when it is a visible one.
fn numeric_entities(text: &str) -> String {
    let mut parts = text.split("&#");
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let sign = part.split_once(';').and_then(|(code, rest)| {
            let hex = code.strip_prefix(['x', 'X']);
            let code =
                hex.map_or_else(|| code.parse().ok(), |h| u32::from_str_radix(h, 16).ok())?;
            Some((char::from_u32(code)?, rest))
        });
        match sign {
            Some((c, rest)) if !c.is_control() && !is_invisible(c) => {
                decoded.push(c);
                decoded.push_str(rest);
            }
            Some((_, rest)) => decoded.push_str(rest),
            None => {
                decoded.push(' ');
                decoded.push_str(part);
            }
        }
    }
    decoded
}

/// Takes out web addresses, mail addresses and script targets, with or without a scheme.
fn without_addresses(text: &str) -> String {
    let breaks = |c: char| c.is_whitespace() || "\"'<>()[]{}|`,;".contains(c);
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(breaks).unwrap_or(rest.len());
        let (word, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if !is_address(word) {
            kept.push_str(word);
        }
        let mut signs = tail.chars();
        kept.extend(signs.next());
        rest = signs.as_str();
    }
    kept
}

/// What begins a web address or a script, with or without slashes.
const SCHEMES: [&str; 9] = [
    "://",
    "http:",
    "https:",
    "ftp:",
    "javascript:",
    "vbscript:",
    "data:text",
    "data:image",
    "data:application",
];
/// Endings of hosts that no table's or column's name has: `orders.amount` is no host.
const PUBLIC_ENDINGS: [&str; 14] = [
    "com", "net", "org", "io", "dev", "xyz", "biz", "example", "invalid", "onion", "ru", "cn",
    "top", "click",
];

fn is_address(word: &str) -> bool {
    let lower = word.to_lowercase();
    let scheme = SCHEMES.iter().any(|mark| lower.contains(mark));
    let mail = lower.split_once('@').is_some_and(|(a, b)| !a.is_empty() && b.contains('.'));
    let host = lower.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
    let host = host.trim_end_matches(['.', '!', ':']);
    let path = lower.contains('/') && is_host(host);
    let bare = host.rsplit_once('.').is_some_and(|(_, last)| PUBLIC_ENDINGS.contains(&last));
    scheme || mail || path || bare || lower.starts_with("//") || lower.contains("www.")
}

/// `collector.example` or `169.254.169.254`, with or without a port.
fn is_host(text: &str) -> bool {
    let text = text.split_once(':').map_or(text, |(host, _)| host);
    let Some((head, last)) = text.rsplit_once('.') else { return false };
    let named = last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic());
    !head.is_empty() && (named || text.parse::<core::net::Ipv4Addr>().is_ok())
}

/// Only allowed signs; everything else becomes a space. Too many marks on one letter are dropped.
fn plain(text: &str) -> String {
    let mut marks = 0;
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        if is_combining_mark(c) && !is_invisible(c) {
            marks += 1;
            let carried = kept.ends_with(|c: char| c.is_alphanumeric() || is_combining_mark(c));
            if marks <= MARKS_PER_LETTER && carried {
                kept.push(c);
            }
            continue;
        }
        marks = 0;
        kept.push(match c {
            '"' => '\'',
            c if allowed(c) => c,
            _ => ' ',
        });
    }
    kept
}

/// Who speaks, in the transcripts models are trained on.
const ROLES: [&str; 12] = [
    "human",
    "assistant",
    "system",
    "user",
    "developer",
    "tool",
    "function",
    "model",
    "ai",
    "bot",
    "instruction",
    "instructions",
];

/// Takes the colon after a word for a speaker, so that no turn of a conversation begins.
fn without_turns(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        let turn = c == ':' && {
            let before = format!("{}:", kept.to_lowercase());
            ROLES.iter().any(|role| ends_in_turn(&before, role))
        };
        kept.push(if turn { ' ' } else { c });
    }
    kept
}

/// Whether a lower-case text holds the word with a colon after it, spaces between or not.
fn ends_in_turn(lower: &str, role: &str) -> bool {
    lower
        .match_indices(':')
        .any(|(at, _)| lower.get(..at).is_some_and(|before| before.trim_end().ends_with(role)))
}

/// At most 200 characters, never cutting a letter from its marks.
fn cut(text: &str) -> &str {
    let Some((end, _)) = text.char_indices().nth(DESCRIPTION_LIMIT) else { return text };
    let head = text.get(..end).unwrap_or_default();
    let next_is_mark =
        text.get(end..).and_then(|t| t.chars().next()).is_some_and(is_combining_mark);
    let head = if next_is_mark {
        head.trim_end_matches(is_combining_mark)
            .char_indices()
            .next_back()
            .map_or("", |(at, _)| head.get(..at).unwrap_or_default())
    } else {
        head
    };
    head.trim_end()
}

#[cfg(test)]
mod tests;
