//! Style sheet, script and mark, embedded in the program; the first two named by their content, so
//! that a browser may keep them for ever. The style sheet is served without what is there for reading it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::sync::LazyLock;

/// One file that the pages use.
#[derive(Debug)]
pub struct Asset {
    /// The whole address, e.g. `/assets/style-1f0a9c3b5d7e2468.css`.
    pub path: String,
    /// For the header of that name.
    pub content_type: &'static str,
    /// The file.
    pub body: Cow<'static, str>,
}

/// For `Cache-Control` on each asset: the name changes with the content.
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::named(
        "style",
        "css",
        "text/css; charset=utf-8",
        Cow::Owned(packed(include_str!("../../assets/style.css"))),
    )
});
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::named(
        "script",
        "js",
        "text/javascript; charset=utf-8",
        Cow::Borrowed(include_str!("../../assets/script.js")),
    )
});
/// As a data address: a request less for each new visitor.
static MARK: LazyLock<String> = LazyLock::new(|| {
    let mark = STANDARD.encode(include_str!("../../assets/mark.svg").trim_end());
    format!("data:image/svg+xml;base64,{mark}")
});

/// The style sheet's address.
pub fn style() -> &'static str {
    &STYLE.path
}

/// The script's address.
pub fn script() -> &'static str {
    &SCRIPT.path
}

/// The mark itself, as an address.
pub fn mark() -> &'static str {
    &MARK
}

/// The asset at `path`; `None`: there is none, or not of this content any more.
pub fn find(path: &str) -> Option<&'static Asset> {
    [&STYLE, &SCRIPT]
        .into_iter()
        .map(|asset| &**asset)
        .find(|asset| asset.path == path)
}

impl Asset {
    fn named(
        stem: &str,
        ending: &str,
        content_type: &'static str,
        body: Cow<'static, str>,
    ) -> Self {
        let digest = Sha256::digest(body.as_bytes());
        let hash = digest
            .first_chunk()
            .map_or(0, |bytes| u64::from_be_bytes(*bytes));
        Self {
            path: format!("/assets/{stem}-{hash:016x}.{ending}"),
            content_type,
            body,
        }
    }
}

/// A style sheet without its comments and without the white space that says nothing.
fn packed(sheet: &str) -> String {
    let mut pieces = sheet.split("/*");
    let first = pieces.next().unwrap_or_default().to_owned();
    let uncommented = pieces.fold(first, |all, piece| {
        all + piece.split_once("*/").map_or("", |(_, rest)| rest)
    });
    let words: Vec<&str> = uncommented.split_whitespace().collect();
    let mut packed = words.join(" ");
    for mark in ["{", "}", ";", ",", ">"] {
        packed = packed
            .replace(&format!(" {mark}"), mark)
            .replace(&format!("{mark} "), mark);
    }
    packed.replace(": ", ":").replace(";}", "}")
}

#[cfg(test)]
mod tests {
    use super::{MARK, SCRIPT, STYLE, find, packed, style};

    #[test]
    fn an_asset_is_found_by_its_whole_address_only() {
        assert_eq!(
            find(style()).unwrap().content_type,
            "text/css; charset=utf-8"
        );
        assert!(find("/assets/style.css").is_none());
        assert!(find("/assets/style-0000000000000000.css").is_none());
        assert!(find("").is_none());
    }

    #[test]
    fn the_assets_stay_small() {
        assert!(STYLE.body.len() < 15_000, "{}", STYLE.body.len());
        assert!(SCRIPT.body.len() < 8_000, "{}", SCRIPT.body.len());
        assert!(MARK.len() < 800, "{}", MARK.len());
    }

    #[test]
    fn a_style_sheet_says_the_same_without_its_white_space() {
        let sheet = "/* One. */\n@media (width: 1px) {\n  a > b, c :hover { margin: calc(1px + 2px) 0; }\n}\n";
        assert_eq!(
            packed(sheet),
            "@media (width:1px){a>b,c :hover{margin:calc(1px + 2px) 0}}"
        );
    }

    #[test]
    fn nothing_in_them_comes_from_elsewhere() {
        for asset in [&STYLE, &SCRIPT] {
            let body = &asset.body;
            assert!(
                !body.contains("//cdn")
                    && !body.contains("http:")
                    && !body.contains("https:")
                    && !body.contains("@import"),
                "{}",
                asset.path
            );
        }
    }

    /// The value of a custom property in the light (first) or dark (second) set.
    fn colour(name: &str, set: usize) -> f64 {
        let text = STYLE
            .body
            .split(&format!("--{name}:#"))
            .nth(set + 1)
            .unwrap();
        let hex: String = text.chars().take_while(char::is_ascii_hexdigit).collect();
        let wide = if hex.len() == 3 {
            hex.chars().flat_map(|digit| [digit, digit]).collect()
        } else {
            hex
        };
        let part = |index: usize| {
            let pair: String = wide.chars().skip(index * 2).take(2).collect();
            let value = f64::from(u8::from_str_radix(&pair, 16).unwrap()) / 255.0;
            if value <= 0.03928 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(0) + 0.7152 * part(1) + 0.0722 * part(2)
    }

    /// WCAG 2.2, "contrast ratio".
    fn contrast(one: &str, other: &str, set: usize) -> f64 {
        let (one, other) = (colour(one, set), colour(other, set));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn text_has_a_contrast_of_at_least_seven_to_one_in_both_schemes() {
        let pairs = [
            ("accent", "card"),
            ("accent", "ground"),
            ("accent", "tint"),
            ("on-accent", "accent"),
            ("soft", "card"),
            ("soft", "ground"),
            ("soft", "tint"),
            ("soft", "heed-tint"),
            ("ink", "card"),
            ("stop", "stop-tint"),
            ("heed", "heed-tint"),
            ("good", "good-tint"),
        ];
        for set in [0, 1] {
            for (text, ground) in pairs {
                let ratio = contrast(text, ground, set);
                assert!(ratio >= 7.0, "{text} on {ground}, set {set}: {ratio:.2}");
            }
            assert!(contrast("edge", "card", set) >= 3.0);
        }
    }
}
