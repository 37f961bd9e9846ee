//! Shapes of names, postal addresses, dates and disguised values.
//!
//! Decides by form only, so a hit proves nothing: these shapes support or refuse what a name says.
//! None of them may lead to the high tier.

/// Two to four capitalised words of letters, in either order, or two short words of signs.
pub(super) fn is_person(value: &str) -> bool {
    let words: Vec<&str> = value.split([' ', ',', '\u{3000}']).filter(|w| !w.is_empty()).collect();
    let named = |word: &&str| {
        let mut letters = word.chars().filter(|c| !"'’-.".contains(*c));
        let capital = letters.next().is_some_and(|c| c.is_uppercase() || !is_cased(c));
        capital && word.chars().all(|c| c.is_alphabetic() || "'’-.".contains(c))
    };
    let particle = |word: &&str| {
        matches!(
            *word,
            "de" | "da"
                | "do"
                | "dos"
                | "van"
                | "von"
                | "der"
                | "den"
                | "di"
                | "del"
                | "la"
                | "le"
                | "e"
                | "y"
        )
    };
    let names = words.iter().filter(|word| named(word)).count();
    let rest = words.iter().filter(|word| !named(word)).all(particle);
    (2..=5).contains(&words.len()) && names >= 2 && rest && value.chars().count() <= 60
}

fn is_cased(c: char) -> bool {
    c.is_lowercase() || c.is_uppercase()
}

/// Letters and a second word or a number, or a longer text in a script without spaces.
pub(super) fn is_address(value: &str) -> bool {
    let letters = value.chars().filter(|c| c.is_alphabetic()).count();
    let parted = value.contains([' ', ',', '\n']) || value.chars().any(|c| c.is_ascii_digit());
    let unspaced = value.chars().filter(|c| !c.is_ascii()).count() >= 4;
    let technical = value.contains("://") || value.contains('@') || value.starts_with("0x");
    letters >= 3 && (parted || unspaced) && !technical && !is_hidden(value)
}

/// Day, month and year in digits in any usual order, with or without a time; or a year alone.
pub(super) fn is_date(value: &str) -> bool {
    let day = value.split(['T', ' ']).next().unwrap_or(value);
    let parts: Vec<&str> = day.split(['-', '/', '.']).collect();
    let number = |text: &&str| {
        !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit())
    };
    let year = |text: &str| text.len() == 4 && (text.starts_with("19") || text.starts_with("20"));
    match parts.as_slice() {
        [a, b, c] if [a, b, c].into_iter().all(number) => year(a) || year(c) || c.len() == 2,
        [one] if number(one) => year(one),
        [one] if one.bytes().all(|b| b.is_ascii_digit()) => is_compact_date(one),
        _ => is_written_date(value),
    }
}

fn is_compact_date(text: &str) -> bool {
    text.len() == 8
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text.starts_with("19") || text.starts_with("20"))
}

/// `12 March 1980`, `1980年3月12日`.
fn is_written_date(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let letters = value.chars().any(char::is_alphabetic);
    (3..=8).contains(&digits) && letters && value.chars().count() <= 24
}

/// Hashes, tokens of hexadecimal, and values most of whose signs are stars.
pub(super) fn is_hidden(value: &str) -> bool {
    let length = value.chars().count();
    let stars = value.chars().filter(|c| "*•#█".contains(*c) || *c == 'X').count();
    let hex = value.len() >= 32 && value.bytes().all(|b| b.is_ascii_hexdigit());
    let base64 = value.len() >= 43
        && !value.contains(' ')
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=_-".contains(&b));
    hex || base64 || (length >= 4 && stars * 2 >= length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_told_apart() {
        for value in
            ["Anna Kowalska", "Adeyemi, Deepa", "João da Silva", "山本 陽子", "Dr. Jo O'Neil"]
        {
            assert!(is_person(value), "{value}");
        }
        for value in ["signup", "brand_us_48", "Galaxy S24", "Jack & Wren", "free plan", "Anna"] {
            assert!(!is_person(value), "{value}");
        }
        for value in ["Hauptstrasse 49", "192, chemin de Turpin", "東京都港区芝公園"] {
            assert!(is_address(value), "{value}");
        }
        for value in ["0xfd62d25d7a2b4939566bc9fde3d9e9f1", "https://x.example/a b", "77993"] {
            assert!(!is_address(value), "{value}");
        }
        for value in ["1976-09-18", "01/03/2002", "27.03.1970", "1957", "19760918", "1980年3月12日"]
        {
            assert!(is_date(value), "{value}");
        }
        for value in ["77993", "Kyiv", "12.5", "on file"] {
            assert!(!is_date(value), "{value}");
        }
    }
}
