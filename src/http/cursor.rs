//! Places in lists, as clients hand them back.
//!
//! A cursor holds the sort key of the last item of a page, so that items that come or go in between
//! neither repeat nor skip others. It is self-contained and opaque: it names its list, and one of
//! another list, or one that was changed, is refused. It must never hold anything its holder could
//! not see in the page itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::problem::Problem;

/// Longest cursor that is looked at, in bytes.
const LONGEST: usize = 512;
const MOST: u32 = 100;
const USUAL: u32 = 50;

/// Items on a page when nothing else was asked for, and the most there may be.
pub(super) fn limit(asked: Option<u32>) -> Result<usize, Problem> {
    let limit = asked.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::input(format!("limit: a number from 1 to {MOST} is expected.")));
    }
    Ok(usize::try_from(limit).unwrap_or(usize::MAX))
}

/// The cursor behind an item of a list.
pub(super) fn behind(list: &str, key: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("1 {list} {key}"))
}

/// The key in a cursor of this list.
pub(super) fn read(list: &str, cursor: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let key = (cursor.len() <= LONGEST)
        .then(|| URL_SAFE_NO_PAD.decode(cursor).ok())
        .flatten()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| Some(text.strip_prefix(&format!("1 {list} "))?.to_owned()));
    match key {
        Some(key) => Ok(Some(key)),
        None => Err(Problem::input("cursor: one from an earlier page of this list is expected.")),
    }
}

/// The page of a list that lies in memory: the items with the next greater keys, and the cursor of
/// the page behind it, if there is one.
pub(super) fn page<T>(
    list: &str,
    mut items: Vec<(String, T)>,
    after: Option<&str>,
    limit: usize,
) -> (Vec<T>, Option<String>) {
    items.sort_by(|(one, _), (other, _)| one.cmp(other));
    items.retain(|(key, _)| after.is_none_or(|after| key.as_str() > after));
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|(key, _)| behind(list, key));
    (items.into_iter().map(|(_, item)| item).collect(), next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_whatever_comes_and_goes() {
        let items =
            |keys: &[&'static str]| keys.iter().map(|k| ((*k).to_owned(), *k)).collect::<Vec<_>>();
        let (first, next) = page("x", items(&["c", "a", "b", "d"]), None, 2);
        assert_eq!(first, ["a", "b"]);
        let after = read("x", next.as_deref()).unwrap();
        let (second, next) = page("x", items(&["a0", "c", "d"]), after.as_deref(), 2);
        assert_eq!((second, next), (vec!["c", "d"], None));
    }

    #[test]
    fn a_cursor_of_another_list_or_of_nobody_is_refused() {
        assert!(read("x", Some(&behind("x", "k"))).is_ok());
        let foreign = behind("y", "k");
        let long = "A".repeat(LONGEST + 1);
        for bad in ["", "!", "AAAA", "MSB4", foreign.as_str(), long.as_str()] {
            assert!(read("x", Some(bad)).is_err(), "{bad}");
        }
        assert!(limit(Some(0)).is_err() && limit(Some(101)).is_err() && limit(Some(100)).is_ok());
    }
}
