//! The headers that every answer carries, whatever it is.

use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Nothing but our own style sheet, script and pictures; no frames, no base, no other target.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; \
     base-uri 'none'";

/// Every powerful feature off; copying the password is what the page needs.
const PERMISSIONS_POLICY: &str = "accelerometer=(), browsing-topics=(), camera=(), \
     clipboard-read=(), clipboard-write=(self), display-capture=(), geolocation=(), gyroscope=(), \
     magnetometer=(), microphone=(), midi=(), payment=(), usb=()";

/// `no-referrer` would make browsers send `Origin: null` with our own forms (Fetch, "append a request
/// `Origin` header"), which is what a forged one looks like. So: the address stays within this origin.
const REFERRER_POLICY: &str = "same-origin";

const ALWAYS: [(HeaderName, &str); 9] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, REFERRER_POLICY),
    (
        HeaderName::from_static("permissions-policy"),
        PERMISSIONS_POLICY,
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-embedder-policy"),
        "require-corp",
    ),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
];

/// What a signed-out browser throws away: pages, cookies and whatever was stored.
pub const CLEAR_SITE_DATA: (HeaderName, HeaderValue) = (
    HeaderName::from_static("clear-site-data"),
    HeaderValue::from_static("\"cache\", \"cookies\", \"storage\""),
);

/// Adds them. An answer that says itself how long it may be kept (an asset) is left so.
pub fn add(headers: &mut HeaderMap, tls: bool) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if tls {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_unless_the_answer_says_so() {
        let mut page = HeaderMap::new();
        add(&mut page, false);
        assert_eq!(page[header::CACHE_CONTROL], "no-store");
        assert!(!page.contains_key(header::STRICT_TRANSPORT_SECURITY));

        let mut asset = HeaderMap::new();
        asset.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=1"));
        add(&mut asset, true);
        assert_eq!(asset[header::CACHE_CONTROL], "max-age=1");
        assert!(asset.contains_key(header::STRICT_TRANSPORT_SECURITY));
    }

    #[test]
    fn no_policy_allows_inline_code() {
        assert!(!CONTENT_SECURITY_POLICY.contains("unsafe"));
        assert!(CONTENT_SECURITY_POLICY.contains("frame-ancestors 'none'"));
    }
}
