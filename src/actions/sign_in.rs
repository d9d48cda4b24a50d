//! Sign-in: who is it, may they, then the password; a counted try is on the disk before the bind.

use super::case::{Case, Details};
use super::turns::Turn;
use super::{ActionError, App, Client, SignInAnswer, codes, floor, lockout};
use crate::directory::{BindRefusal, BindVerdict, DirectoryError, LockoutRules, PreparedSignIn};
use crate::domain::audit::{AuditResult, Entry};
use crate::domain::identity::{Sid, SignInName};
use crate::domain::operator::{Operator, OutOfAction};
use crate::domain::roles::Roles;
use crate::store::{Reserved, SignInEnd};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use tokio::time::Instant;

/// Bytes; AD takes at most 256 characters.
const LONGEST_PASSWORD: usize = 1024;
/// How long a sign-in waits while as many as may be are at work.
const PATIENCE: Duration = Duration::from_secs(3);

/// How one try ended.
struct Ending {
    how: SignInEnd,
    outcome: Entry,
    answer: Result<Refused, ActionError>,
}

/// What is answered where there is no session.
enum Refused {
    Alike,
    OwnSentence(BindRefusal),
}

impl App {
    /// Signs a person in. Nothing that is typed reaches a bind before it is known to be an
    /// operator's, and no answer that a right password does not presuppose comes before the floor.
    ///
    /// # Errors
    /// No DC, or nothing can be recorded.
    pub async fn sign_in(
        &self,
        name: &str,
        password: SecretString,
        client: Client,
    ) -> Result<SignInAnswer, ActionError> {
        let arrived = Instant::now();
        let name = name.parse().ok().filter(|_| is_plausible(&password));
        let app = self.clone();
        let answer = self
            .to_the_end(async move {
                match name {
                    Some(name) => app.identify(name, password, client).await,
                    None => app.turn_away_malformed(client).await,
                }
            })
            .await;
        if matches!(
            answer,
            Ok(SignInAnswer::Refused | SignInAnswer::TooMany { .. })
        ) {
            floor::reach(arrived).await;
        }
        answer
    }

    async fn identify(
        &self,
        name: SignInName,
        password: SecretString,
        client: Client,
    ) -> Result<SignInAnswer, ActionError> {
        let permit = tokio::time::timeout(PATIENCE, self.shared.sign_ins.acquire()).await;
        let Ok(Ok(_permit)) = permit else {
            return Err(ActionError::Busy);
        };
        let prepared = self.directory.prepare_sign_in();
        let resolve = async { Ok(self.directory.resolve_sign_in(&name).await?) };
        let (ground, who) = tokio::try_join!(self.ground(), resolve)?;
        let domain = LockoutRules {
            threshold: Some(ground.facts.lockout_threshold),
            window: ground.facts.lockout_window,
        };
        // By what was typed, whoever it means: else the limit would tell whose name it is.
        let typed = account_part(&name);
        let turn = self.shared.name_turns.take(typed.clone()).await;
        let turn = turn.ok_or(ActionError::Busy)?;
        let allowed = lockout::allowed(domain, 0, self.settings().max_wrong);
        let strangers = &self.shared.strangers;
        if let Err(retry_after) = strangers.check(&typed, allowed) {
            let case = who.map_or_else(
                || Case::of_nobody(client),
                |who| Case::of_sign_in(&who, client),
            );
            self.store.event_seldom(case.refused("too_many")).await?;
            return Ok(SignInAnswer::TooMany { retry_after });
        }
        let answer = match who {
            Some(who) if ground.roles(&who).is_some() => {
                let case = Case::of_sign_in(&who, client);
                let (_turn, now) = self.in_turn(who, &turn).await?;
                let roles = now.as_ref().and_then(|now| ground.roles(now));
                match now.zip(roles) {
                    Some(who) => self.try_password(who, prepared, password, client).await?,
                    None => self.turn_away(&case, "not_operator").await?,
                }
            }
            Some(who) => {
                let case = Case::of_sign_in(&who, client);
                self.turn_away(&case, "not_operator").await?
            }
            None => {
                let case = Case::of_nobody(client);
                self.turn_away(&case, "unknown_name").await?
            }
        };
        match &answer {
            SignInAnswer::Refused => strangers.count(&typed, lockout::window(domain)),
            SignInAnswer::SignedIn { .. } => strangers.forget(&typed),
            SignInAnswer::OwnSentence(_) | SignInAnswer::TooMany { .. } => {}
        }
        Ok(answer)
    }

    /// One try at a time for each person. Where another went first, the person is read again: it
    /// may have changed the count that the limit is made from.
    async fn in_turn(
        &self,
        who: Operator,
        of_the_name: &Turn<String>,
    ) -> Result<(Turn<Sid>, Option<Operator>), ActionError> {
        let turn = self.shared.sign_in_turns.take(who.sid.clone()).await;
        let turn = turn.ok_or(ActionError::Busy)?;
        let who = if of_the_name.was_waited_for() || turn.was_waited_for() {
            self.directory.operator(&who.sid).await?
        } else {
            Some(who)
        };
        Ok((turn, who))
    }

    async fn turn_away_malformed(&self, client: Client) -> Result<SignInAnswer, ActionError> {
        let entry = Case::of_nobody(client).refused("malformed");
        self.store.event_seldom(entry).await?;
        Ok(SignInAnswer::Refused)
    }

    /// Answers as a wrong password would be answered.
    async fn turn_away(&self, case: &Case, code: &str) -> Result<SignInAnswer, ActionError> {
        self.store.event_seldom(case.refused(code)).await?;
        Ok(SignInAnswer::Refused)
    }

    async fn try_password(
        &self,
        (who, roles): (Operator, Roles),
        prepared: PreparedSignIn,
        password: SecretString,
        client: Client,
    ) -> Result<SignInAnswer, ActionError> {
        let case = Case::of_sign_in(&who, client);
        if who.flags.locked() {
            // No bind could succeed, and "too many" would tell that it is locked.
            return self.turn_away(&case, "locked").await;
        }
        let lockout = self.directory.lockout(&who).await?;
        let wrong = lockout::recent_wrong(&who, lockout, self.clock.now());
        let allowed = lockout::allowed(lockout, wrong, self.settings().max_wrong);
        let entry = case.attempt(Details::new());
        let reserved = self
            .store
            .reserve_sign_in(&who.sid, allowed, lockout::window(lockout), entry)
            .await?;
        let (reservation, attempt) = match reserved {
            Reserved::Go {
                reservation,
                attempt,
            } => (reservation, attempt),
            Reserved::TooMany { retry_after } => {
                self.store.event_seldom(case.refused("too_many")).await?;
                return Ok(SignInAnswer::TooMany { retry_after });
            }
        };
        let _at_work = self.shared.running.enter(attempt);
        let verdict = self
            .directory
            .verify_password(prepared, &who, &password)
            .await;
        drop(password);
        let ending = self.ending(case, (who, roles), verdict);
        let session = self
            .store
            .settle_sign_in(reservation, ending.how, ending.outcome)
            .await?;
        if let Some((token, session)) = session {
            return Ok(SignInAnswer::SignedIn { token, session });
        }
        Ok(match ending.answer? {
            Refused::Alike => SignInAnswer::Refused,
            Refused::OwnSentence(refusal) => SignInAnswer::OwnSentence(refusal),
        })
    }

    fn ending(
        &self,
        case: Case,
        (who, roles): (Operator, Roles),
        verdict: Result<BindVerdict, DirectoryError>,
    ) -> Ending {
        match verdict {
            Ok(BindVerdict::Confirmed { dc }) => {
                let case = case.at(&dc.0);
                match who.out_of_action(self.clock.now()) {
                    None => signed_in(&case, who, roles),
                    Some(why) => refused(&case, refusal_of(why)),
                }
            }
            Ok(BindVerdict::Refused(refusal)) => refused(&case, refusal),
            Ok(BindVerdict::SomebodyElse) => {
                tracing::error!(operator.sid = %who.sid, "a bind was accepted for somebody else");
                Ending {
                    how: SignInEnd::Wrong,
                    outcome: case.outcome(AuditResult::Refused, Some("other_identity")),
                    answer: Ok(Refused::Alike),
                }
            }
            // The directory may have counted it, and a lost answer must not buy another try.
            Ok(BindVerdict::Undecided(error)) => failed(&case, SignInEnd::Wrong, error),
            Err(error) => failed(&case, SignInEnd::Neither, error),
        }
    }
}

fn failed(case: &Case, how: SignInEnd, error: DirectoryError) -> Ending {
    Ending {
        how,
        outcome: case.outcome(AuditResult::Failed, Some(codes::of_directory(&error))),
        answer: Err(error.into()),
    }
}

fn signed_in(case: &Case, who: Operator, roles: Roles) -> Ending {
    Ending {
        outcome: case.outcome(AuditResult::Ok, None),
        how: SignInEnd::Right {
            operator: who.sid,
            name: who.name,
            sam: who.sam,
            roles,
            password_last_set: who.password_last_set,
        },
        answer: Ok(Refused::Alike),
    }
}

/// 773, 532, 533, 701, 530 and 531 are answered to a right password only, so they tell nothing to
/// somebody who does not have it.
fn refused(case: &Case, refusal: BindRefusal) -> Ending {
    let presupposes_the_password = match refusal {
        BindRefusal::MustChangePassword
        | BindRefusal::PasswordExpired
        | BindRefusal::Disabled
        | BindRefusal::AccountExpired
        | BindRefusal::LogonHours
        | BindRefusal::Workstation => true,
        BindRefusal::WrongNameOrPassword | BindRefusal::Locked | BindRefusal::Other => false,
    };
    let outcome = case.outcome(AuditResult::Refused, Some(codes::of_bind(refusal)));
    if presupposes_the_password {
        Ending {
            how: SignInEnd::RightButRefused,
            outcome,
            answer: Ok(Refused::OwnSentence(refusal)),
        }
    } else {
        Ending {
            how: SignInEnd::Wrong,
            outcome,
            answer: Ok(Refused::Alike),
        }
    }
}

fn refusal_of(why: OutOfAction) -> BindRefusal {
    match why {
        OutOfAction::Disabled => BindRefusal::Disabled,
        OutOfAction::Locked => BindRefusal::Locked,
        OutOfAction::Expired => BindRefusal::AccountExpired,
        OutOfAction::MustChangePassword => BindRefusal::MustChangePassword,
        OutOfAction::PasswordExpired => BindRefusal::PasswordExpired,
    }
}

/// An empty password would be an anonymous bind (RFC 4513 5.1.2); a DC may cut one at NUL.
fn is_plausible(password: &SecretString) -> bool {
    let text = password.expose_secret();
    !text.is_empty() && text.len() <= LONGEST_PASSWORD && !text.chars().any(char::is_control)
}

/// All spellings of one account count as one.
fn account_part(name: &SignInName) -> String {
    let part = match name {
        SignInName::Sam(sam) | SignInName::DownLevel { sam, .. } => sam,
        SignInName::Upn(upn) => upn.split('@').next().unwrap_or(upn),
    };
    part.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_cut_and_endless_passwords_never_reach_the_directory() {
        for bad in [
            "",
            "a\0b",
            "a\nb",
            "\u{7f}",
            &"x".repeat(LONGEST_PASSWORD + 1),
        ] {
            assert!(!is_plausible(&SecretString::from(bad)), "{bad:?}");
        }
        assert!(is_plausible(&SecretString::from(" ümlaut \u{1F600}")));
    }

    #[test]
    fn one_account_has_one_key_whatever_the_spelling() {
        let keys: Vec<String> = ["Nobody", "EXAMPLE\\nobody", "NOBODY@example.test"]
            .iter()
            .map(|name| account_part(&name.parse().unwrap()))
            .collect();
        assert_eq!(keys, ["nobody", "nobody", "nobody"]);
    }
}
