//! The words of the record's `code`; `docs/codes.md` explains each.

use crate::directory::{BindRefusal, DirectoryError};
use crate::domain::account::Protection;
use crate::domain::authorize::Refusal;
use crate::domain::operator::OutOfAction;
use crate::domain::preflight::Obstacle;
use crate::domain::reason::UnfitReason;
use crate::domain::rules::ByRules;

/// Of an error of the directory.
pub(super) fn of_directory(error: &DirectoryError) -> &'static str {
    match error {
        DirectoryError::Unreachable { .. } => "directory_unreachable",
        DirectoryError::Certificate { .. } => "directory_certificate",
        DirectoryError::ServiceBind(_) => "service_bind",
        DirectoryError::ServicePassword(_) => "service_password",
        DirectoryError::NotDelegated { .. } => "not_delegated",
        DirectoryError::PasswordPolicy => "password_policy",
        DirectoryError::Moved => "moved",
        DirectoryError::Busy => "directory_busy",
        DirectoryError::Referral => "referral",
        DirectoryError::NotFound { .. }
        | DirectoryError::NoGroup { .. }
        | DirectoryError::NoSuchName { .. } => "not_found",
        DirectoryError::Unwilling { .. } => "unwilling",
        DirectoryError::Protocol => "protocol",
        DirectoryError::Other { .. } => "directory_refused",
    }
}

/// Of a refused bind.
pub(super) fn of_bind(refusal: BindRefusal) -> &'static str {
    match refusal {
        BindRefusal::WrongNameOrPassword => "wrong_password",
        BindRefusal::Locked => "locked",
        BindRefusal::MustChangePassword => "must_change_password",
        BindRefusal::PasswordExpired => "password_expired",
        BindRefusal::Disabled => "disabled",
        BindRefusal::AccountExpired => "account_expired",
        BindRefusal::LogonHours => "logon_hours",
        BindRefusal::Workstation => "workstation",
        BindRefusal::Other => "bind_refused",
    }
}

/// Of a decision.
pub fn of_refusal(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotAnOperator => "not_operator",
        Refusal::OperatorOutOfAction(why) => of_out_of_action(why),
        Refusal::Frozen => "frozen",
        Refusal::ExcessRights => "excess_rights",
        Refusal::RightsNotProven => "rights_not_proven",
        Refusal::OutOfScope => "not_in_scope",
        Refusal::Protected(why) => of_protection(why),
        Refusal::ByRules(why) => of_rules(why),
        Refusal::WouldNotHelp(obstacle) => of_obstacle(obstacle),
    }
}

/// Of a reason that does not do.
pub(super) fn of_reason(unfit: UnfitReason) -> &'static str {
    match unfit {
        UnfitReason::Missing => "reason_missing",
        UnfitReason::Pattern => "reason_unfit",
        UnfitReason::Again => "again_without_reason",
    }
}

/// Of what the rules say.
pub fn of_rules(why: ByRules) -> &'static str {
    match why {
        ByRules::Denied => "denied_by_rule",
        ByRules::NoneAllows => "not_allowed",
        ByRules::OutsideHours => "outside_hours",
        ByRules::OtherNetwork => "other_network",
        ByRules::Limit(reached) => reached.word(),
    }
}

/// Of an operator who cannot act.
pub fn of_out_of_action(why: OutOfAction) -> &'static str {
    match why {
        OutOfAction::Disabled => "operator_disabled",
        OutOfAction::Locked => "operator_locked",
        OutOfAction::Expired => "operator_expired",
        OutOfAction::MustChangePassword => "operator_must_change_password",
        OutOfAction::PasswordExpired => "operator_password_expired",
    }
}

/// Of a protection.
pub fn of_protection(why: Protection) -> &'static str {
    match why {
        Protection::Yourself => "own_account",
        Protection::ServiceAccount => "service_account",
        Protection::BuiltIn => "built_in_account",
        Protection::ProtectedGroup => "protected_group",
        Protection::AdminCount => "admin_count",
        Protection::Named => "protected_account",
        Protection::Operator => "fellow_operator",
        Protection::Auditor => "auditor",
        Protection::Computer => "computer",
        Protection::ManagedServiceAccount => "managed_service_account",
        Protection::Trust => "trust_account",
        Protection::SmartCard => "smart_card",
        Protection::Delegation => "trusted_for_delegation",
        Protection::DomainRights => "domain_rights",
    }
}

/// Of an obstacle.
pub fn of_obstacle(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::Disabled => "target_disabled",
        Obstacle::AccountExpired => "target_expired",
        Obstacle::SmartCardRequired => "smart_card",
        Obstacle::CannotChangePassword => "cannot_change_password",
        Obstacle::NotDelegated => "not_delegated",
        Obstacle::NotLocked => "not_locked",
    }
}
