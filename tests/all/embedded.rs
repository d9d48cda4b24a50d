//! The cases of the real domain controller against the directory in this process.

mod directory {
    use crate::support::directory::Scene;
    crate::directory_cases::directory_cases! { Scene::embedded().await }
}

mod web {
    use crate::support::directory::Scene;
    crate::web_cases::web_cases! { Scene::embedded().await }
}

mod main_job {
    use crate::support::directory::Scene;
    crate::main_job::main_job_cases! { Scene::embedded().await }
}

mod sign_in {
    use crate::support::directory::Scene;
    crate::sign_in::sign_in_cases! { Scene::embedded().await }
}

mod protocol {
    use crate::support::directory::Scene;
    crate::protocol_cases::protocol_cases! { Scene::embedded().await }
}

mod objects {
    use crate::support::directory::Scene;
    crate::object_cases::object_cases! { Scene::embedded().await }
}

mod reach {
    use crate::support::directory::Scene;
    crate::reach_cases::reach_cases! { Scene::embedded().await }
}
