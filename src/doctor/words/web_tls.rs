//! What is said of the web pages' certificate.

use super::super::check::{Advice, Told};
use super::super::web_tls::WebTls;
use super::{DAYS_LEFT, date, days_left};
use jiff::Timestamp;

const READ: &str = "docs/doctor.md#the-web-certificate";

/// How the pages are served.
pub(in crate::doctor) fn web_tls(found: &WebTls, now: Timestamp) -> Told {
    match found {
        WebTls::Loopback => {
            Told::ok("plain HTTP on a loopback address, which only this machine reaches")
        }
        WebTls::Plain => Told::fail(
            "the pages are served without TLS on an address that others can reach",
            Advice::new(
                "tls_cert and tls_key are not set",
                ["set [web] tls_cert and tls_key"],
                READ,
            ),
        ),
        WebTls::Good(dates) if dates.from > now => Told::fail(
            format!(
                "the web certificate is not valid before {}",
                date(dates.from)
            ),
            Advice::new(
                "it was made for later, or this machine's clock is behind",
                [
                    "look at the clock: timedatectl",
                    "or put the earlier certificate back",
                ],
                READ,
            ),
        ),
        WebTls::Good(dates) => match days_left(now, dates.until) {
            None => Told::fail(
                format!(
                    "the web certificate ended on {}: browsers refuse the pages",
                    date(dates.until)
                ),
                renew(),
            ),
            Some(days) if days < DAYS_LEFT => Told::warn(
                format!(
                    "the web certificate ends in {days} days, on {}",
                    date(dates.until)
                ),
                renew(),
            ),
            Some(days) => Told::ok(format!(
                "the web certificate fits its key and is good for {days} days, until {}",
                date(dates.until)
            )),
        },
        WebTls::Unreadable(file) => Told::fail(
            format!("{} cannot be read as PEM", file.display()),
            Advice::new(
                "the file is not there, not readable for this account, or in another format (DER, PFX)",
                [
                    "write it as PEM: openssl x509 -in … -out cert.pem, openssl pkey -in … -out key.pem",
                ],
                READ,
            ),
        ),
        WebTls::Mismatch => Told::fail(
            "tls_key is not the key of tls_cert",
            Advice::new(
                "one of the two was renewed and the other was not",
                ["put the pair in place that was made together"],
                READ,
            ),
        ),
    }
}

fn renew() -> Advice {
    Advice::new(
        "nobody renewed it yet",
        [
            "renew it and put it in place of tls_cert and tls_key; Keyward reads them again by itself",
        ],
        READ,
    )
}
