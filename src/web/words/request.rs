//! What people read when an address or a request is at fault, or Keyward itself.

use super::{Code, NOTHING_CHANGED, Notice, whom};
use crate::directory::InvalidSearch;

/// A request that ends before any page's own work, by its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestProblem {
    /// 400: unknown, doubled or missing fields, bad framing.
    Bad,
    /// 403: not from an allowed network, or not for this person.
    NotAllowed,
    /// 403: the form's hidden field is missing, old, or of another session.
    FormNotOurs,
    /// 404: no such address; an account outside the operator's rules or not there.
    NotThere,
    /// 405.
    WrongMethod,
    /// 408.
    Slow,
    /// 413.
    Large,
    /// 421: a host name that is not Keyward's.
    WrongHost,
    /// 429.
    TooMany,
    /// 431.
    HeaderLarge,
    /// 500, with the number under which the log has it.
    Unexpected {
        /// The incident's number as shown and logged.
        incident: String,
    },
    /// 503: too much at once.
    Busy,
}

/// The notice for such a request.
pub fn request(problem: &RequestProblem, help_contact: Option<&str>) -> Notice {
    let whom = whom(help_contact);
    let back = "Go back to the search and try again.".to_owned();
    let (code, title, happened, next) = match problem {
        RequestProblem::Bad => (
            Code::BadRequest,
            "That was not understood",
            "What arrived here makes no sense to Keyward.",
            back,
        ),
        RequestProblem::NotAllowed => (
            Code::NotAllowedHere,
            "Not allowed here",
            "This is not allowed from here, or not for you.",
            format!("If you think it should be, ask {whom}."),
        ),
        RequestProblem::FormNotOurs => (
            Code::FormNotOurs,
            "The form is too old",
            "The form was made before you signed in, or on another page.",
            "Open the page again and send the form once more.".to_owned(),
        ),
        RequestProblem::NotThere => (
            Code::NotThere,
            "Not found",
            "There is nothing at this address, or it is not among the people you may help.",
            "Check the address, or search for the person.".to_owned(),
        ),
        RequestProblem::WrongMethod => (
            Code::WrongMethod,
            "Not this way",
            "This address is not for opening directly.",
            back,
        ),
        RequestProblem::Slow => (
            Code::RequestSlow,
            "That took too long",
            "The request did not arrive in time.",
            "Check your connection and try again.".to_owned(),
        ),
        RequestProblem::Large => (
            Code::RequestLarge,
            "That was too much",
            "What you sent is larger than Keyward takes.",
            back,
        ),
        RequestProblem::WrongHost => (
            Code::WrongHost,
            "Not this address",
            "Keyward does not answer under this name.",
            format!("Use the address that {whom} gave you."),
        ),
        RequestProblem::TooMany => (
            Code::TooManyRequests,
            "Wait a little",
            "There were too many requests in a short time.",
            "Try again in a moment.".to_owned(),
        ),
        RequestProblem::HeaderLarge => (
            Code::HeaderLarge,
            "That was too much",
            "Your browser sent more along than Keyward takes.",
            "Close the window, open Keyward again and try once more.".to_owned(),
        ),
        RequestProblem::Unexpected { incident } => return unexpected(incident, &whom),
        RequestProblem::Busy => (
            Code::Busy,
            "Very busy",
            "Too many people use Keyward at this moment.",
            "Try again in a few seconds.".to_owned(),
        ),
    };
    Notice::new(code, title, happened, NOTHING_CHANGED, next)
}

/// Nobody knows how far it came, so this one does not say that nothing was changed.
fn unexpected(incident: &str, whom: &str) -> Notice {
    Notice::new(
        Code::Unexpected,
        "Something went wrong",
        format!(
            "Something unexpected happened in Keyward. It is written down as incident {incident}."
        ),
        "If you were resetting a password, look at the person's page to see how things stand.",
        format!("Try again. If it happens again, tell {whom} the incident number."),
    )
}

/// A text that cannot be searched for: a hint under the box.
pub fn search(problem: InvalidSearch) -> (&'static str, Code) {
    match problem {
        InvalidSearch::TooShort => ("Type at least two letters.", Code::SearchTooShort),
        InvalidSearch::TooLong => (
            "That is too long for a name. Use at most 64 letters.",
            Code::SearchTooLong,
        ),
        InvalidSearch::Control => (
            "There is a character in it that cannot be searched for.",
            Code::SearchControl,
        ),
    }
}
