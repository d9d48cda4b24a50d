//! Why an account is protected: a sentence for each reason.

use super::Code;
use crate::domain::account::Protection;

/// Why this account is not to be touched, and the code of that reason. A whole sentence.
pub fn protection_reason(protection: Protection) -> (&'static str, Code) {
    match protection {
        Protection::Yourself => (
            "This is your own account, and nobody resets their own password here. Change it in Windows with Ctrl+Alt+Del.",
            Code::ProtectedYourself,
        ),
        Protection::ServiceAccount => (
            "This is the account that Keyward itself works with.",
            Code::ProtectedServiceAccount,
        ),
        Protection::BuiltIn => (
            "This account is part of Windows itself and belongs to nobody in particular.",
            Code::ProtectedBuiltIn,
        ),
        Protection::ProtectedGroup => (
            "This account has administrative rights. Only administrators may reset it.",
            Code::ProtectedGroup,
        ),
        Protection::AdminCount => (
            "This account is marked as an administrative one, now or from earlier. Only administrators may reset it.",
            Code::ProtectedAdminCount,
        ),
        Protection::Named => (
            "Your organisation protects this account. Only administrators may reset it.",
            Code::ProtectedNamed,
        ),
        Protection::Operator => (
            "This person may reset passwords too. People who help others are not reset here.",
            Code::ProtectedOperator,
        ),
        Protection::Auditor => (
            "This person reads the audit log. Whoever could reset them could sign in as them and read it too, so nobody does that here.",
            Code::ProtectedAuditor,
        ),
        Protection::Computer => ("This is a computer, not a person.", Code::ProtectedComputer),
        Protection::ManagedServiceAccount => (
            "This account belongs to a service, and Windows changes its password by itself.",
            Code::ProtectedManagedServiceAccount,
        ),
        Protection::Trust => (
            "This account joins two domains; no person uses it.",
            Code::ProtectedTrust,
        ),
        Protection::SmartCard => (
            "This person logs on with a smart card only. A password would open a way around the card.",
            Code::ProtectedSmartCard,
        ),
        Protection::Delegation => (
            "This account may act in other people's names. Only administrators may reset it.",
            Code::ProtectedDelegation,
        ),
        Protection::DomainRights => (
            "This account has rights over administrators. Only administrators may reset it.",
            Code::ProtectedDomainRights,
        ),
    }
}
