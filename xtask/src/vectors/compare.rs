//! Two states side by side.

use std::collections::BTreeMap;

use entente_kernel::num::Dec;

use super::alliance;
use super::claims::Claims;
use super::file::Texts;
use super::paths::Paths;

/// A value that is not what the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub height: i64,
    pub path: String,
    /// `None`: there should be nothing.
    pub wanted: Option<String>,
    /// `None`: there is nothing.
    pub found: Option<String>,
}

impl Difference {
    pub fn new(height: i64, path: impl Into<String>, wanted: impl Into<String>, found: impl Into<String>) -> Self {
        Self { height, path: path.into(), wanted: Some(wanted.into()), found: Some(found.into()) }
    }
}

/// How many values were compared, and how many were not and why.
#[derive(Debug, Default)]
pub struct Counts {
    pub compared: usize,
    pub bookkeeping: usize,
    /// First step of a path -> values that could not be compared because nothing is exported there.
    pub absent: BTreeMap<String, usize>,
}

/// Compares all paths that begin with `only`.
pub fn states(
    height: i64,
    wanted: &Texts,
    found: &Paths,
    only: &str,
    claims: &Claims,
    counts: &mut Counts,
) -> Vec<Difference> {
    let mut out = Vec::new();
    let (mut left, mut right) = (wanted.iter().peekable(), found.texts.iter().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return out,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some((l, _)), Some((r, _))) => l.cmp(r),
        };
        let w = if order.is_le() { left.next() } else { None };
        let f = if order.is_ge() { right.next() } else { None };
        let Some(path) = w.or(f).map(|(path, _)| path) else {
            return out;
        };
        if !path.starts_with(only) {
            continue;
        }
        if alliance::is_bookkeeping(path) {
            counts.bookkeeping += 1;
            continue;
        }
        if let Some(missing) = found.absent.iter().find(|a| covers(a, path)) {
            *counts.absent.entry(missing.clone()).or_default() += 1;
            continue;
        }
        counts.compared += 1;
        let (w, f) = (w.map(|(_, v)| v.as_str()), f.map(|(_, v)| v.as_str()));
        if !equal(path, w, f, claims) {
            let own = |t: Option<&str>| t.map(str::to_owned);
            out.push(Difference { height, path: path.clone(), wanted: own(w), found: own(f) });
        }
    }
}

/// Whether an absence (`gov`, or `alliance/delegation/*/tokens`) concerns a path.
fn covers(absence: &str, path: &str) -> bool {
    match absence.split_once('*') {
        None => path.strip_prefix(absence).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        Some((head, tail)) => path.starts_with(head) && path.ends_with(tail),
    }
}

/// Balances are compared without what claims paid more or less and what was left over; an absent balance is zero.
fn equal(path: &str, wanted: Option<&str>, found: Option<&str>, claims: &Claims) -> bool {
    match claims.offset(path) {
        0 => wanted == found,
        offset => {
            let number = |t: Option<&str>| t.unwrap_or("0").parse::<Dec>().ok();
            let by: Option<Dec> = offset.to_string().parse().ok();
            let less = number(found).zip(by).and_then(|(f, by)| f.sub(by).ok());
            number(wanted).is_some_and(|w| less == Some(w))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(rows: &[(&str, &str)]) -> Texts {
        rows.iter().map(|(p, v)| ((*p).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn missing_surplus_and_unequal_values_are_differences_and_bookkeeping_is_not() {
        let wanted = texts(&[("a/x", "1"), ("b/x", "1"), ("alliance/rebalance_pending", "true"), ("gov/y", "1")]);
        let found = Paths { texts: texts(&[("b/x", "2"), ("c/x", "1")]), absent: vec!["gov".into()] };
        let mut counts = Counts::default();
        let out = states(1, &wanted, &found, "", &Claims::default(), &mut counts);
        let paths: Vec<&str> = out.iter().map(|d| d.path.as_str()).collect();
        assert_eq!(paths, ["a/x", "b/x", "c/x"]);
        assert_eq!((counts.compared, counts.bookkeeping, counts.absent["gov"]), (3, 1, 1));
    }
}
