//! Against a real domain controller: `KEYWARD_DC_DIR` names the folder of a running `dev/dc`.

mod access_check;
mod delegation_commands;
mod directory_admin;
mod directory_faults;
mod directory_reading;
mod doctor;
mod lost_answers;
mod planted_faults;
mod proof;
mod rotation;

mod directory {
    use crate::support::directory::Scene;
    crate::directory_cases::directory_cases! { Scene::samba() }
}

mod protocol {
    use crate::support::directory::Scene;
    crate::protocol_cases::protocol_cases! { Scene::samba() }
}

mod web {
    use crate::support::directory::Scene;
    crate::web_cases::web_cases! { Scene::samba() }
}

mod main_job {
    use crate::support::directory::Scene;
    crate::main_job::main_job_cases! { Scene::samba() }
}

mod sign_in {
    use crate::support::directory::Scene;
    crate::sign_in::sign_in_cases! { Scene::samba() }
}

mod objects {
    use crate::support::directory::Scene;
    crate::object_cases::object_cases! { Scene::samba() }
}

mod reach {
    use crate::support::directory::Scene;
    crate::reach_cases::reach_cases! { Scene::samba() }
}

mod examples {
    use crate::support::directory::Scene;
    crate::examples::examples_cases! { Scene::samba() }
}

mod matrix {
    use crate::support::directory::Scene;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_matrix_of_500_people_and_40_rules_is_that_of_a_second_implementation() {
        let seed = 2;
        crate::access_matrix::the_matrix_is_that_of_a_second_implementation(Scene::samba(), seed)
            .await;
    }
}

mod ways_round {
    use crate::support::directory::Scene;
    crate::ways_round::ways_round_cases! { Scene::samba() }
}
