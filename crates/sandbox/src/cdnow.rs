//! The built-in purchases: every order of 23,570 customers of the CDNOW shop, January 1997 to June 1998.
//! Where it comes from and under which licence stands in data/cdnow/README.md.

/// File name and content of each table.
pub(crate) const FILES: [(&str, &str); 2] = [
    ("orders.csv", include_str!("../data/cdnow/orders.csv")),
    ("customers.csv", include_str!("../data/cdnow/customers.csv")),
];
