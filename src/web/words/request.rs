//! What people read when an address or a request is at fault, or Keyward itself.

use super::{Code, NOTHING_CHANGED, Notice, whom};
use crate::actions::InvalidSearch;
use crate::web::problem::{Incident, Problem};

/// The notice for a request that got no page of its own.
pub fn problem(problem: Problem, help_contact: Option<&str>) -> Notice {
    let whom = whom(help_contact);
    match problem {
        Problem::Busy => nothing_done(
            Code::Busy,
            "Very busy",
            "Too many people use Keyward at this moment.",
            "Try again in a few seconds.".to_owned(),
        ),
        Problem::Unexpected(incident) => unexpected(incident, &whom),
        Problem::BadRequest
        | Problem::FormNotGenuine
        | Problem::NetworkNotAllowed
        | Problem::NotFound
        | Problem::MethodNotAllowed
        | Problem::TooSlow
        | Problem::TooLarge
        | Problem::NotAForm
        | Problem::WrongHost => at_fault(problem, &whom),
    }
}

/// The request itself is at fault.
fn at_fault(problem: Problem, whom: &str) -> Notice {
    let back = "Go back to the search and try again.".to_owned();
    let not_understood = "That was not understood";
    let (code, title, happened, next) = match problem {
        Problem::NetworkNotAllowed => (
            Code::NotAllowedHere,
            "Not allowed here",
            "Keyward may not be used from this network.",
            format!("If you think it should be, ask {whom}."),
        ),
        Problem::FormNotGenuine => (
            Code::FormNotOurs,
            "The form is too old",
            "The form was made before you signed in, or on another page.",
            "Open the page again and send the form once more.".to_owned(),
        ),
        Problem::NotFound => (
            Code::NotThere,
            "Not found",
            "There is nothing at this address, or it is not among the people you may help.",
            "Check the address, or search for the person.".to_owned(),
        ),
        Problem::MethodNotAllowed => (
            Code::WrongMethod,
            "Not this way",
            "This address is not for opening directly.",
            back,
        ),
        Problem::TooSlow => (
            Code::RequestSlow,
            "That took too long",
            "The request did not arrive in time.",
            "Check your connection and try again.".to_owned(),
        ),
        Problem::TooLarge => (
            Code::RequestLarge,
            "That was too much",
            "What you sent is larger than Keyward takes.",
            back,
        ),
        Problem::NotAForm => (
            Code::NotAForm,
            not_understood,
            "What arrived here is not a form of Keyward.",
            back,
        ),
        Problem::WrongHost => (
            Code::WrongHost,
            "Not this address",
            "Keyward does not answer under this name.",
            format!("Use the address that {whom} gave you."),
        ),
        _ => (
            Code::BadRequest,
            not_understood,
            "What arrived here makes no sense to Keyward.",
            back,
        ),
    };
    nothing_done(code, title, happened, next)
}

fn nothing_done(code: Code, title: &str, happened: &str, next: String) -> Notice {
    Notice::new(code, title, happened, NOTHING_CHANGED, next)
}

/// Nobody knows how far it came, so this one does not say that nothing was changed.
fn unexpected(incident: Incident, whom: &str) -> Notice {
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
