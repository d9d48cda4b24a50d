//! The cases of the real domain controller against the directory in this process.

mod directory {
    use crate::support::directory::Scene;
    crate::directory_cases::directory_cases! { Scene::embedded().await }
}

mod web {
    use crate::support::directory::Scene;
    crate::web_cases::web_cases! { Scene::embedded().await }
}
