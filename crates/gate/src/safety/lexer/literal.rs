//! Text and bytes literals: read by BigQuery's rules, written so that every lexer ends them alike.
//!
//! The written form has single quotes around it, no quote inside, and no backslash except before a
//! letter or digit of an escape. An escape that BigQuery does not know is refused, never guessed.

use super::{Blocked, Kind, Lexer};

impl Lexer<'_> {
    /// Reads a literal whose prefix (in lower case) has been taken.
    pub(super) fn literal(&mut self, prefix: &str) -> Result<(), Blocked> {
        let (mark, triple) = if self.starts("'") { ("'", "'''") } else { ("\"", "\"\"\"") };
        let long = self.starts(triple);
        self.take(if long { 3 } else { 1 });
        self.open(Kind::Literal)?;
        self.after_dot = false;
        self.out.push_str(if prefix.contains('b') { "b'" } else { "'" });
        let raw = prefix.contains('r');
        loop {
            let closed = self.starts(if long { triple } else { mark });
            if closed {
                self.take(if long { 3 } else { 1 });
                self.out.push('\'');
                return Ok(());
            }
            let Some(c) = self.peek() else { return Err(open_end()) };
            match c {
                '\\' => self.backslash(raw)?,
                '\n' | '\r' if !long => return Err(open_end()),
                '\r' => {
                    self.take(if self.starts("\r\n") { 2 } else { 1 });
                    self.out.push_str("\\n");
                }
                _ => {
                    self.take(c.len_utf8());
                    self.put(c);
                }
            }
        }
    }

    /// Writes one character of a literal's value.
    fn put(&mut self, c: char) {
        match c {
            '\'' => self.out.push_str("\\x27"),
            '"' => self.out.push_str("\\x22"),
            '\n' => self.out.push_str("\\n"),
            '\t' => self.out.push_str("\\t"),
            '\\' => self.out.push_str("\\x5c"),
            other => self.out.push(other),
        }
    }

    /// A backslash: two characters of a raw literal, or an escape of a cooked one.
    fn backslash(&mut self, raw: bool) -> Result<(), Blocked> {
        self.take(1);
        let next = self.peek().ok_or_else(open_end)?;
        if raw {
            if next == '\r' {
                // GoogleSQL keeps this carriage return, and makes all others line feeds.
                return Err(unknown());
            }
            self.put('\\');
            self.take(next.len_utf8());
            self.put(next);
            return Ok(());
        }
        match next {
            'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' => {
                self.take(1);
                self.out.push('\\');
                self.out.push(next);
                Ok(())
            }
            '\\' | '\'' | '"' | '?' | '`' => {
                self.take(1);
                self.put(next);
                Ok(())
            }
            'x' | 'X' => self.escape(1, 2, 16, "\\x"),
            'u' => self.escape(1, 4, 16, "\\u"),
            'U' => self.escape(1, 8, 16, "\\U"),
            '0'..='3' => self.escape(0, 3, 8, "\\"),
            _ => Err(unknown()),
        }
    }

    /// An escape of `count` digits behind `skip` letters.
    fn escape(
        &mut self,
        skip: usize,
        count: usize,
        radix: u32,
        written: &str,
    ) -> Result<(), Blocked> {
        self.take(skip);
        let whole = self.rest.chars().take(count).filter(|c| c.is_digit(radix)).count() == count;
        if !whole {
            return Err(unknown());
        }
        let digits = self.take(count);
        self.out.extend([written, digits]);
        Ok(())
    }
}

fn open_end() -> Blocked {
    Blocked::new("text.unterminated", "A text literal is not closed.")
}

fn unknown() -> Blocked {
    Blocked::new("text.escape", "A text literal holds an escape that GoogleSQL does not know.")
}
