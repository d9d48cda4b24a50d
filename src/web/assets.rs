//! Style sheet, script and mark, embedded in the program and named by their content, so that a
//! browser may keep them for ever.

use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// One file that the pages use.
#[derive(Debug)]
pub struct Asset {
    /// The whole address, e.g. `/assets/style-1f0a9c3b5d7e2468.css`.
    pub path: String,
    /// For the header of that name.
    pub content_type: &'static str,
    /// The file.
    pub body: &'static str,
}

/// For `Cache-Control` on each asset: the name changes with the content.
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::named(
        "style",
        "css",
        "text/css; charset=utf-8",
        include_str!("../../assets/style.css"),
    )
});
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::named(
        "script",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/script.js"),
    )
});
static MARK: LazyLock<Asset> = LazyLock::new(|| {
    Asset::named(
        "mark",
        "svg",
        "image/svg+xml",
        include_str!("../../assets/mark.svg"),
    )
});

/// The style sheet's address.
pub fn style() -> &'static str {
    &STYLE.path
}

/// The script's address.
pub fn script() -> &'static str {
    &SCRIPT.path
}

/// The mark's address.
pub fn mark() -> &'static str {
    &MARK.path
}

/// The asset at `path`; `None`: there is none, or not of this content any more.
pub fn find(path: &str) -> Option<&'static Asset> {
    [&STYLE, &SCRIPT, &MARK]
        .into_iter()
        .map(|asset| &**asset)
        .find(|asset| asset.path == path)
}

impl Asset {
    fn named(stem: &str, ending: &str, content_type: &'static str, body: &'static str) -> Self {
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

#[cfg(test)]
mod tests {
    use super::{MARK, SCRIPT, STYLE, find, style};

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
        assert!(MARK.body.len() < 1_500, "{}", MARK.body.len());
    }

    #[test]
    fn nothing_in_them_comes_from_elsewhere() {
        for asset in [&STYLE, &SCRIPT, &MARK] {
            let body = asset.body.replace("http://www.w3.org/2000/svg", "");
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
}
