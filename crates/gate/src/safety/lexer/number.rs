//! Numbers: written out as GoogleSQL writes them.
//!
//! One that goes on with a letter or a second point is refused; nothing is guessed or rounded.

use super::{Blocked, Kind, Lexer};

impl Lexer<'_> {
    /// Digits with a point and an exponent, or a hexadecimal whole number.
    pub(super) fn number(&mut self) -> Result<(), Blocked> {
        self.open(Kind::Number)?;
        self.after_dot = false;
        if self.starts("0x") || self.starts("0X") {
            self.take(2);
            let digits = self.take_while(|b| b.is_ascii_hexdigit());
            self.out.extend(["0x", digits]);
            return self.number_ends(!digits.is_empty());
        }
        let whole = self.take_while(|b| b.is_ascii_digit());
        self.out.push_str(whole);
        let mut digits = whole.len();
        if self.starts(".") {
            self.take(1);
            let fraction = self.take_while(|b| b.is_ascii_digit());
            self.out.extend([".", fraction]);
            digits = digits.saturating_add(fraction.len());
        }
        if self.rest.starts_with(['e', 'E']) {
            self.take(1);
            let sign = self.take_while(|b| matches!(b, b'+' | b'-'));
            let power = self.take_while(|b| b.is_ascii_digit());
            self.out.extend(["e", sign, power]);
            return self.number_ends(sign.len() < 2 && !power.is_empty() && power.len() < 5);
        }
        self.number_ends(digits > 0)
    }

    fn number_ends(&self, well: bool) -> Result<(), Blocked> {
        let goes_on = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        if well && !self.rest.starts_with(goes_on) {
            return Ok(());
        }
        Err(Blocked::new("text.number", "A number is not written as GoogleSQL writes it."))
    }
}
