//! Searches over more people than one page holds, of whom few may be seen.

use crate::support::directory::Scene;
use futures_util::future::join_all;
use keyward::directory::{Directory, Hits, Scope, Wanted};
use keyward::domain::membership::Groups;
use keyward::domain::rules::{Subject, TargetName, Written};
use keyward::embedded::{Doing, EmbeddedOptions, Fault, On, Population};
use std::sync::Arc;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_search_under_rules_asks_the_directory_as_often_for_fifty_people_as_for_one() {
    let scene = Scene::embedded().await;
    let directory = scene.directory();
    let of_groups = TargetName::Group("Domain Users".to_owned());
    let mut written = Written::of_article(scene.reset_group(), scene.staff());
    written.rules[0].targets = vec![of_groups, TargetName::Reports, TargetName::OwnOu];
    let ground = directory.ground(&written).await.unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let counted = Doing::first(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let faults = scene.server().faults();
    faults.arm(Fault::new(On::Search, counted).forever());
    let mut trips = Vec::new();
    for text in ["bulk.17", "bulk"] {
        let wanted = Wanted {
            scopes: &[Scope::everybody(scene.staff())],
            text: &text.parse().unwrap(),
            groups: &ground.groups,
            lines: ground.asks_for_lines(),
            may_see: &|subject| {
                subject
                    .groups
                    .0
                    .iter()
                    .any(|group| group.rid() == Some(513))
            },
        };
        let before = asked.load(Ordering::Relaxed);
        let found = directory.search(&wanted).await.unwrap();
        trips.push((found.hits.len(), asked.load(Ordering::Relaxed) - before));
    }
    faults.clear();
    assert_eq!(trips, [(1, 1), (50, 1)]);
}
