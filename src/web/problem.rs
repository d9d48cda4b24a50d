//! What can be wrong with a request itself, and Keyward's own failure; words are in `words`.

use axum::http::StatusCode;

/// A page that says: it did not work, nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The request is not one that our pages send (fields, framing, forwarded headers).
    BadRequest,
    /// The form's token is missing, wrong or of another session, or the form came from another site.
    FormNotGenuine,
    /// The client's address is not in `allowed_networks`.
    NetworkNotAllowed,
    /// No such page, or no such account among those that the operator may help.
    NotFound,
    /// The address exists, but not with this method.
    MethodNotAllowed,
    /// The request came too slowly.
    TooSlow,
    /// A body over 64 KiB.
    TooLarge,
    /// Not a form.
    NotAForm,
    /// The Host is not ours.
    WrongHost,
    /// Something unexpected; the log has the rest under this number.
    Unexpected(Incident),
    /// More at once than this service takes.
    Busy,
}

/// The number of an unexpected error: on the page and in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incident(pub u32);

impl std::fmt::Display for Incident {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl Problem {
    /// The answer's status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::FormNotGenuine | Self::NetworkNotAllowed => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::Unexpected(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Whether the rest of the request may still be on its way, so that the connection is of no
    /// more use.
    pub fn ends_connection(self) -> bool {
        matches!(
            self,
            Self::BadRequest | Self::TooSlow | Self::TooLarge | Self::WrongHost
        )
    }
}
