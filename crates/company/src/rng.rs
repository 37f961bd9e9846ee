//! Random numbers that are the same on every platform, drawn from named streams.
//!
//! A stream is named by seed, label and index, so a new column never changes the values of an old
//! one. Only integer arithmetic decides; nothing here may read a clock, a hash map's order or a
//! platform's mathematics library.

use crate::num::index;

/// Steps of the 64-bit Weyl sequence (the golden ratio's fraction).
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// One stream of a splitmix generator.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    /// The stream of that name.
    pub(crate) fn keyed(seed: u64, label: &str, position: u64) -> Self {
        // FNV-1a turns the label into a number; the mixing makes near names far streams.
        let label = label.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
        });
        Self(mix(mix(seed ^ 0x5EED) ^ label) ^ mix(position.wrapping_add(STEP)))
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// A number below `bound`; 0 when the bound is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.abs_diff(low).saturating_add(1);
        low.saturating_add_unsigned(self.below(span))
    }

    /// True `per_mille` times in a thousand.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of the items; the default of the type when there are none.
    pub(crate) fn pick<T: Copy + Default>(&mut self, items: &[T]) -> T {
        let at = index(self.below(u64::try_from(items.len()).unwrap_or(0)));
        items.get(at).copied().unwrap_or_default()
    }

    /// One of the items, each as often as its weight says.
    pub(crate) fn weighted<T: Copy + Default>(&mut self, items: &[(T, u64)]) -> T {
        let mut left = self.below(items.iter().map(|(_, weight)| weight).sum());
        for (item, weight) in items {
            if left < *weight {
                return *item;
            }
            left -= weight;
        }
        T::default()
    }

    /// A text of that many decimal digits.
    pub(crate) fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| self.pick(&DIGITS)).collect()
    }

    /// A text of that many hexadecimal digits in lower case.
    pub(crate) fn hex(&mut self, count: usize) -> String {
        let mut text = String::with_capacity(count.next_multiple_of(16));
        while text.len() < count {
            text.push_str(&hex::encode(self.next().to_be_bytes()));
        }
        text.truncate(count);
        text
    }

    /// A text of that many characters of `alphabet`.
    pub(crate) fn letters(&mut self, alphabet: &[char], count: usize) -> String {
        (0..count).map(|_| self.pick(alphabet)).collect()
    }
}

const DIGITS: [char; 10] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/// The capital letters of the Latin alphabet.
pub(crate) const CAPITALS: [char; 26] = [
    'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S',
    'T', 'U', 'V', 'W', 'X', 'Y', 'Z',
];

/// Spreads the bits of a number over all 64 places.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_repeats_and_another_label_seed_or_position_differs() {
        let first = |seed, label, at| Rng::keyed(seed, label, at).next();
        assert_eq!(first(1, "users.contact", 0), first(1, "users.contact", 0));
        for other in [
            first(2, "users.contact", 0),
            first(1, "users.tel_no", 0),
            first(1, "users.contact", 1),
        ] {
            assert_ne!(first(1, "users.contact", 0), other);
        }
    }

    #[test]
    fn ranges_hold_their_ends_and_nothing_else() {
        let mut rng = Rng::keyed(7, "range", 0);
        let drawn: Vec<i64> = (0..2000).map(|_| rng.between(-2, 2)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&-2), Some(&2)));
        assert_eq!(rng.below(0), 0);
    }

    #[test]
    fn weights_are_kept_within_a_few_percent() {
        let mut rng = Rng::keyed(7, "weights", 0);
        let hits = (0..10_000).filter(|_| rng.weighted(&[('a', 3), ('b', 1)]) == 'a').count();
        assert!((7300..7700).contains(&hits), "{hits}");
    }
}
