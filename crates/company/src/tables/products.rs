//! The goods the shop sells, with their numbers.
//!
//! Numbers of goods resemble personal data on purpose: part numbers have the shape of social
//! security numbers (with a first part that no such number has), article numbers that of cards.

use crate::check;
use crate::rng::Rng;

/// One article; prices in cents.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Product {
    pub(crate) sku: &'static str,
    pub(crate) name: &'static str,
    pub(crate) usd: i64,
    pub(crate) eur: i64,
}

const fn product(sku: &'static str, name: &'static str, usd: i64, eur: i64) -> Product {
    Product { sku, name, usd, eur }
}

/// The articles, with how often each is bought.
pub(crate) const PRODUCTS: [(Product, u64); 16] = [
    (product("BAG-0141-M", "Canvas Tote", 2400, 2200), 12),
    (product("BAG-0175-L", "Travel Duffel", 8900, 7900), 5),
    (product("CUP-2210-S", "Enamel Mug", 1400, 1290), 14),
    (product("CUP-2231-L", "Steel Bottle", 2900, 2690), 11),
    (product("DSK-3302-X", "Oak Monitor Stand", 11_900, 10_900), 4),
    (product("DSK-3340-S", "Cable Tray", 1990, 1890), 8),
    (product("LMP-4107-M", "Clara Lamp", 7400, 6900), 6),
    (product("LMP-4119-L", "Hugo Floor Lamp", 15_900, 14_900), 3),
    (product("NTB-5001-S", "Dotted Notebook", 1250, 1150), 15),
    (product("NTB-5012-M", "Leather Folio", 4600, 4200), 6),
    (product("PEN-6004-S", "Brass Pen", 3200, 2990), 9),
    (product("PEN-6020-S", "Refill Set", 990, 890), 13),
    (product("SHT-7106-L", "Work Shirt", 5400, 4990), 5),
    (product("SHT-7133-M", "Wool Beanie", 2700, 2490), 7),
    (product("TEA-8002-S", "Green Tea Tin", 1690, 1590), 10),
    (product("TEA-8015-M", "Tasting Box", 3900, 3590), 6),
];

impl Product {
    /// Its price in that currency, in cents.
    pub(crate) fn price(&self, currency: &str) -> i64 {
        if currency == "EUR" { self.eur } else { self.usd }
    }

    /// The number under its bar code.
    pub(crate) fn gtin(&self) -> String {
        check::gtin(&format!("20{}", Rng::keyed(0, self.sku, 1).digits(10)))
    }

    /// The maker's part number: the shape of a social security number, with a first part above 899.
    pub(crate) fn part(&self) -> String {
        let mut rng = Rng::keyed(0, self.sku, 2);
        format!("{}-{:02}-{:04}", rng.between(900, 999), rng.between(1, 49), rng.between(1, 9999))
    }
}
