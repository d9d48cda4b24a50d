//! All samples of all views are rendered, checked and compared with `snapshots/`.
//!
//! `KEYWARD_UPDATE_SNAPSHOTS=1` writes the snapshots anew. `KEYWARD_RENDER_TO=FOLDER` writes the
//! pages with their assets, for looking at them in a browser.

use super::*;
use crate::web::assets;
use askama::Template;
use std::path::{Path, PathBuf};

const VOID: [&str; 8] = [
    "meta", "link", "input", "wbr", "br", "path", "circle", "rect",
];

fn render<V: Template>(samples: Vec<(&'static str, V)>) -> Vec<(&'static str, String)> {
    samples
        .into_iter()
        .map(|(name, view)| (name, view.render().unwrap()))
        .collect()
}

/// Whole pages.
fn pages() -> Vec<(&'static str, String)> {
    let mut all = render(SignInPage::samples());
    all.extend(render(SearchPage::samples()));
    all.extend(render(SearchPage::samples_of_rules()));
    all.extend(render(AccountPage::samples()));
    all.extend(render(AccountPage::samples_of_reasons()));
    all.extend(render(AccountPage::samples_of_rules()));
    all.extend(render(DonePage::samples()));
    all.extend(render(MessagePage::samples()));
    all.extend(render(MessagePage::samples_of_rules()));
    all.extend(render(AccessPage::samples()));
    all.extend(render(AuditLogPage::samples()));
    all.extend(render(AuditRecordPage::samples()));
    all.extend(render(AuditSummaryPage::samples()));
    all
}

fn pages_and_parts() -> Vec<(&'static str, String)> {
    let mut all = pages();
    all.extend(render(ResultsFragment::samples()));
    all
}

fn snapshots() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/views/snapshots")
}

/// The assets' hashes change with each stroke of the style sheet; the snapshots do not show them.
fn without_hashes(html: &str) -> String {
    html.replace(assets::style(), "/assets/style.css")
        .replace(assets::script(), "/assets/script.js")
        .replace(assets::mark(), "data:mark")
}

/// The tags of a page in order: (name, attributes, closing).
fn tags(html: &str) -> Vec<(String, String, bool)> {
    html.split('<')
        .skip(1)
        .map(|piece| {
            let (tag, _) = piece
                .split_once('>')
                .unwrap_or_else(|| panic!("an open < in {piece}"));
            let name = tag
                .trim_start_matches('/')
                .chars()
                .take_while(|letter| letter.is_alphanumeric());
            (name.collect(), tag.to_owned(), tag.starts_with('/'))
        })
        .collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next().map(str::to_owned)
}

#[test]
fn each_page_looks_as_its_snapshot() {
    let update = std::env::var_os("KEYWARD_UPDATE_SNAPSHOTS").is_some();
    let mut names: Vec<String> = Vec::new();
    for (name, html) in pages_and_parts() {
        let file = snapshots().join(format!("{name}.html"));
        let html = without_hashes(&html);
        if update {
            std::fs::create_dir_all(snapshots()).unwrap();
            std::fs::write(&file, &html).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == html,
            "{name} differs from {}: look at it, then KEYWARD_UPDATE_SNAPSHOTS=1",
            file.display()
        );
        names.push(format!("{name}.html"));
    }
    for entry in std::fs::read_dir(snapshots()).unwrap() {
        let found = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            names.contains(&found),
            "a snapshot without a sample: {found}"
        );
    }
}

#[test]
fn every_tag_is_closed_in_order_and_every_id_is_there_once() {
    for (name, html) in pages_and_parts() {
        let mut open: Vec<String> = Vec::new();
        let mut ids: Vec<String> = Vec::new();
        for (tag, text, closing) in tags(html.trim_start_matches("<!DOCTYPE html>")) {
            if closing {
                assert_eq!(
                    open.pop().as_deref(),
                    Some(tag.as_str()),
                    "{name}: </{tag}>"
                );
            } else if !VOID.contains(&tag.as_str()) {
                open.push(tag);
            }
            ids.extend(attribute(&text, "id"));
        }
        assert!(open.is_empty(), "{name}: never closed: {open:?}");
        let before = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), before, "{name}: an id twice");
    }
}

#[test]
fn every_post_form_has_a_csrf_field() {
    let mut seen = 0;
    for (name, html) in pages() {
        for form in html.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap();
            if form.contains("method=\"post\"") {
                assert_eq!(form.matches("name=\"csrf\" value=\"").count(), 1, "{name}");
                assert!(!form.contains("name=\"csrf\" value=\"\""), "{name}");
                seen += 1;
            } else {
                assert!(
                    form.contains("method=\"get\"") && !form.contains("csrf"),
                    "{name}"
                );
            }
        }
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn every_page_has_one_h1_a_language_a_title_and_its_landmarks() {
    for (name, html) in pages() {
        assert!(
            html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"),
            "{name}"
        );
        for (once, what) in [
            ("<h1", "h1"),
            ("<main", "main"),
            ("<header class=\"top\"", "header"),
            ("<title>", "title"),
        ] {
            // Pictures have titles too.
            let html = if what == "title" {
                html.split("</head>").next().unwrap()
            } else {
                &*html
            };
            assert_eq!(html.matches(once).count(), 1, "{name}: {what}");
        }
        assert!(html.contains("<a class=\"skip\" href=\"#main\">"), "{name}");
    }
}

#[test]
fn every_visible_input_has_a_label_and_every_reference_leads_somewhere() {
    for (name, html) in pages() {
        for (tag, text, _) in tags(&html) {
            if tag == "input" && !text.contains("type=\"hidden\"") {
                let id = attribute(&text, "id").unwrap_or_else(|| panic!("{name}: {text}"));
                assert!(
                    html.contains(&format!("<label for=\"{id}\"")),
                    "{name}: {id}"
                );
            }
            for pointer in ["aria-describedby", "aria-labelledby", "for"] {
                let ids = attribute(&text, pointer).unwrap_or_default();
                for id in ids.split_whitespace() {
                    assert!(
                        html.contains(&format!(" id=\"{id}\"")),
                        "{name}: {pointer}={id}"
                    );
                }
            }
        }
    }
}

#[test]
fn nothing_in_a_page_needs_an_exception_from_the_content_policy() {
    for (name, html) in pages_and_parts() {
        for (_, text, _) in tags(&html) {
            let inline = [
                " style=",
                " onclick=",
                " onload=",
                " onsubmit=",
                "javascript:",
                "http:",
                "https:",
            ];
            assert!(
                inline.iter().all(|part| !text.contains(part)),
                "{name}: {text}"
            );
        }
        assert!(
            !html.contains("<style") && !html.contains("<script>"),
            "{name}"
        );
        assert!(!html.contains("http-equiv"), "{name}");
    }
}

#[test]
fn markup_and_hidden_characters_in_directory_text_are_shown_and_do_nothing() {
    for (name, html) in pages_and_parts() {
        assert!(
            !html.contains("<b>") && !html.contains("<script>") && !html.contains("<Zeb"),
            "{name}"
        );
        assert!(!html.contains('\u{202E}'), "{name}");
    }
    let (_, strange) = pages()
        .into_iter()
        .find(|(name, _)| *name == "account-strange")
        .unwrap();
    assert!(strange.contains(
        "<bdi>Able [U+202E]ecilA, &#34;&#60;b&#62;Bob&#60;/b&#62;&#34; O&#39;Neil &#38; Sons</bdi>"
    ));
}

#[test]
fn an_account_that_cannot_be_helped_has_no_button_and_says_whom_to_ask() {
    for (name, html) in pages() {
        if ["account-disabled", "account-protected", "account-yourself"].contains(&name) {
            assert!(
                !html.contains("/reset\"") && !html.contains("/unlock\""),
                "{name}"
            );
            assert!(
                html.contains("extension 4711") && html.contains("KW-3"),
                "{name}"
            );
        }
    }
}

#[test]
fn typed_text_is_kept_and_a_password_never() {
    let all = pages();
    let find = |wanted: &str| &all.iter().find(|(name, _)| *name == wanted).unwrap().1;
    assert!(find("sign-in-401").contains("value=\"olga\""));
    assert!(find("search-nobody").contains("value=\"&#60;Zebediah&#62;\""));
    assert!(find("account-policy").contains("value=\"call &#34;4711&#34; &#60;b&#62;\""));
    assert!(find("refused-no-help").contains("lost &#60;phone&#62;"));
    for (name, html) in &all {
        for (tag, text, _) in tags(html) {
            assert!(
                tag != "input" || !text.contains("type=\"password\"") || !text.contains(" value="),
                "{name}"
            );
        }
    }
}

#[test]
fn a_page_and_its_assets_stay_under_sixty_kilobytes() {
    let assets: usize = [assets::style(), assets::script()]
        .map(|path| assets::find(path).unwrap().body.len())
        .iter()
        .sum();
    for (name, html) in pages() {
        assert!(
            html.len() + assets < 60_000,
            "{name}: {}",
            html.len() + assets
        );
    }
}

/// For looking at the pages; does nothing unless asked.
#[test]
fn pages_can_be_written_out_to_look_at() {
    let Some(folder) = std::env::var_os("KEYWARD_RENDER_TO").map(PathBuf::from) else {
        return;
    };
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    for path in [assets::style(), assets::script()] {
        std::fs::write(
            folder.join(path.trim_start_matches('/')),
            assets::find(path).unwrap().body.as_ref(),
        )
        .unwrap();
    }
    for (name, html) in pages() {
        std::fs::write(folder.join(format!("{name}.html")), html).unwrap();
    }
}

#[test]
fn templates_have_no_words_of_their_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let mut text = std::fs::read_to_string(&path).unwrap();
        for (open, close) in [("{%", "%}"), ("{{", "}}"), ("<", ">")] {
            let without = |piece: &str| piece.split_once(close).map(|(_, rest)| rest.to_owned());
            let mut pieces = text.split(open);
            let first = pieces.next().unwrap_or_default().to_owned();
            text = pieces.fold(first, |all, piece| {
                all + &without(piece).unwrap_or_default()
            });
        }
        let words = text.replace("Keyward", "");
        let left: String = words
            .chars()
            .filter(|character| character.is_alphabetic())
            .collect();
        assert_eq!(left, "", "{}", path.display());
    }
}

#[test]
fn the_script_has_no_sentences_of_its_own() {
    let script = &assets::find(assets::script()).unwrap().body;
    for line in script
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
    {
        for text in line.split('"').skip(1).step_by(2) {
            let sentence = text.contains(' ') && text.starts_with(char::is_uppercase);
            assert!(!sentence, "{line}");
        }
    }
}
