//! Social security numbers of the United States.
//!
//! Decides by form and by the numbers that were never given out. There is no check digit, so a hit
//! alone proves nothing: `decide.rs` asks for a name, or for a column without one exception.

/// What form a value has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `ddd-dd-dddd`.
    Dashed,
    /// `ddd dd dddd`, or nine digits.
    Other,
}

/// The form of a value, and whether the number could have been given out.
pub(super) fn read(value: &str) -> Option<(Form, bool)> {
    let bytes = value.as_bytes();
    let (form, digits) = match bytes {
        [a @ .., b'-', c, d, b'-', e, f, g, h] if a.len() == 3 => {
            (Form::Dashed, [a, &[*c, *d, *e, *f, *g, *h]].concat())
        }
        [a @ .., b' ', c, d, b' ', e, f, g, h] if a.len() == 3 => {
            (Form::Other, [a, &[*c, *d, *e, *f, *g, *h]].concat())
        }
        plain if plain.len() == 9 => (Form::Other, plain.to_vec()),
        _ => return None,
    };
    digits.iter().all(u8::is_ascii_digit).then(|| (form, given_out(&digits)))
}

/// Whole numbers lose their leading zeros; seven to nine digits are filled up again.
pub(super) fn read_integer(value: &str) -> Option<(Form, bool)> {
    if !(7..=9).contains(&value.len()) || !value.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    read(&format!("{value:0>9}"))
}

/// Areas 000, 666 and 900 up, group 00 and serial 0000 do not exist.
fn given_out(digits: &[u8]) -> bool {
    !matches!(
        digits,
        [b'0', b'0', b'0', ..]
            | [b'6', b'6', b'6', ..]
            | [b'9', ..]
            | [_, _, _, b'0', b'0', ..]
            | [.., b'0', b'0', b'0', b'0']
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_apart_and_impossible_numbers_are_seen() {
        for (value, expected) in [
            ("123-45-6789", Some((Form::Dashed, true))),
            ("123 45 6789", Some((Form::Other, true))),
            ("123456789", Some((Form::Other, true))),
            ("983-64-8573", Some((Form::Dashed, false))),
            ("666-45-6789", Some((Form::Dashed, false))),
            ("000-45-6789", Some((Form::Dashed, false))),
            ("123-00-6789", Some((Form::Dashed, false))),
            ("123-45-0000", Some((Form::Dashed, false))),
            ("123-456-789", None),
            ("12-345-6789", None),
            ("123-45-67890", None),
            ("12345678a", None),
        ] {
            assert_eq!(read(value), expected, "{value}");
        }
        assert_eq!(read_integer("54561524"), Some((Form::Other, true)));
        assert_eq!(read_integer("123456"), None);
    }
}
