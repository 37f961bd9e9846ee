//! Characters that no query needs and that can hide text from a reader.
//!
//! They are refused everywhere, also in literals and comments; nothing is stripped.

use super::Blocked;

/// Refuses characters that no query needs and that can hide text from a reader.
pub(in crate::safety) fn check_characters(text: &str) -> Result<(), Blocked> {
    if text.is_ascii() {
        let plain = |b: u8| b >= b' ' && b != 0x7f || matches!(b, b'\t' | b'\n' | b'\r');
        return if text.bytes().all(plain) { Ok(()) } else { Err(hidden()) };
    }
    if text.chars().any(hides) { Err(hidden()) } else { Ok(()) }
}

fn hides(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn hidden() -> Blocked {
    let reason = "The text holds a control, zero-width or direction character.";
    Blocked::new("text.character", reason)
}
