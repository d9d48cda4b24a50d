//! Against a real domain controller: `KEYWARD_DC_DIR` names the folder of a running `dev/dc`.

mod directory_faults;

mod directory {
    use crate::support::directory::Scene;
    crate::directory_cases::directory_cases! { Scene::samba() }
}

mod web {
    use crate::support::directory::Scene;
    crate::web_cases::web_cases! { Scene::samba() }
}
