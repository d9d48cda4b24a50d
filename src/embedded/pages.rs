//! The rest of searches that are read page by page, until the connection ends (RFC 2696).

use super::answer::Refusal;
use super::search::MOST;
use crate::domain::identity::ObjectGuid;
use std::collections::VecDeque;

/// Searches that one connection may leave open (`MaxResultSetsPerConn`).
const OPEN: usize = 10;

/// A page, and the cookie for the next one (empty: this was the last).
pub(super) type Page = (Vec<ObjectGuid>, Vec<u8>);

/// The open searches of a connection.
#[derive(Default)]
pub(super) struct Pages {
    rests: VecDeque<(u64, VecDeque<ObjectGuid>)>,
    made: u64,
}

impl Pages {
    /// The first page of what was found.
    pub(super) fn first(&mut self, size: usize, found: Vec<ObjectGuid>) -> Page {
        self.cut(size, found.into())
    }

    fn cut(&mut self, size: usize, mut rest: VecDeque<ObjectGuid>) -> Page {
        let size = if size == 0 { MOST } else { size.min(MOST) };
        let found = rest.drain(..size.min(rest.len())).collect();
        if rest.is_empty() {
            return (found, Vec::new());
        }
        self.made = self.made.saturating_add(1);
        self.rests.push_back((self.made, rest));
        if self.rests.len() > OPEN {
            self.rests.pop_front();
        }
        (found, self.made.to_le_bytes().to_vec())
    }

    /// The page that a cookie leads to; size 0 gives the rest up.
    ///
    /// # Errors
    /// 12 for a cookie that this connection did not get, or used before.
    pub(super) fn next(&mut self, size: usize, cookie: &[u8]) -> Result<Page, Refusal> {
        let at = self
            .rests
            .iter()
            .position(|(number, _)| number.to_le_bytes() == cookie);
        let (_, rest) = at
            .and_then(|at| self.rests.remove(at))
            .ok_or_else(Refusal::unknown_control)?;
        if size == 0 {
            return Ok((Vec::new(), Vec::new()));
        }
        Ok(self.cut(size, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guids(count: u8) -> Vec<ObjectGuid> {
        (0..count).map(|n| ObjectGuid::from([n; 16])).collect()
    }

    #[test]
    fn pages_bring_everything_once_and_end_with_an_empty_cookie() {
        let mut pages = Pages::default();
        let (mut all, mut cookie) = pages.first(4, guids(10));
        while !cookie.is_empty() {
            let (page, next) = pages.next(4, &cookie).unwrap();
            all.extend(page);
            cookie = next;
        }
        assert_eq!(all, guids(10));
    }

    #[test]
    fn a_cookie_works_once_and_only_where_it_was_given() {
        let mut pages = Pages::default();
        let (_, cookie) = pages.first(4, guids(10));
        assert!(Pages::default().next(4, &cookie).is_err());
        assert!(pages.next(4, &cookie).is_ok());
        assert!(pages.next(4, &cookie).is_err());
    }

    #[test]
    fn a_page_of_no_entries_gives_the_search_up() {
        let mut pages = Pages::default();
        let (_, cookie) = pages.first(1, guids(3));
        assert_eq!(pages.next(0, &cookie).unwrap(), (Vec::new(), Vec::new()));
        assert!(pages.next(1, &cookie).is_err());
    }
}
