//! Searches over more people than one page holds, of whom few may be seen.

use crate::support::directory::Scene;
use futures_util::future::join_all;
use keyward::directory::{Directory, Hits, Scope, Wanted};
use keyward::domain::membership::Groups;
use keyward::domain::rules::Subject;
use keyward::embedded::{EmbeddedOptions, Population};
use std::sync::atomic::{AtomicUsize, Ordering};

async fn search(
    directory: &Directory,
    scene: &Scene,
    text: &str,
    may_see: &(dyn Fn(&Subject<'_>) -> bool + Send + Sync),
) -> Hits {
    let wanted = Wanted {
        scopes: &[Scope::everybody(scene.staff())],
        text: &text.parse().unwrap(),
        groups: &Groups::default(),
        lines: true,
        may_see,
    };
    directory.search(&wanted).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_looks_at_a_thousand_rows_and_then_says_that_there_may_be_more() {
    let scene = Scene::embedded_with(EmbeddedOptions {
        population: Population::Many(1500),
        ..EmbeddedOptions::default()
    })
    .await;
    let directory = scene.directory();
    let looked = AtomicUsize::new(0);
    let nobody = |_: &Subject<'_>| {
        looked.fetch_add(1, Ordering::Relaxed);
        false
    };
    let found = search(&directory, &scene, "Crowd", &nobody).await;
    assert!(found.hits.is_empty() && found.more);
    assert_eq!(looked.load(Ordering::Relaxed), 1000);
    // Those who may be seen are found on later pages, too.
    let late = |subject: &Subject<'_>| subject.dn.common_name().ends_with("77");
    let found = search(&directory, &scene, "Crowd", &late).await;
    assert_eq!(found.hits.len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_searches_of_several_pages_at_once_all_get_an_answer() {
    let scene = Scene::embedded().await;
    let directory = scene.directory();
    // The last of sixty, so that each search needs its second page; a connection keeps ten open.
    let last = |subject: &Subject<'_>| subject.dn.common_name().ends_with("60");
    let searches = (0..60).map(|_| search(&directory, &scene, "bulk", &last));
    for found in join_all(searches).await {
        assert!(found.hits.len() == 1 || found.more);
    }
}
