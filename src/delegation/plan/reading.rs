//! The directory as an administrator sees it, as far as the plan needs it.

use super::{AccountName, Found, NoPlan, Wanted, default_account_ou};
use crate::directory::admin::{Admin, AdminObject};
use crate::domain::identity::Dn;
use crate::domain::security_descriptor::Descriptor;

/// Reads what there is. `has_password`: the settings, or the file that they name, hold one.
///
/// # Errors
/// [`NoPlan`].
pub async fn read(admin: &Admin, wanted: &Wanted, has_password: bool) -> Result<Found, NoPlan> {
    let head = admin.head().clone();
    let name = AccountName::of(&wanted.username, &head)?;
    let account = account(admin, wanted, &name, &head).await?;
    let group = admin.group(&wanted.reset_group).await?;
    let mut ous = Vec::new();
    for ou in places(wanted, &name, &head)? {
        if admin.object(ou.as_str()).await?.is_some() {
            ous.push(ou);
        }
    }
    let mut targets = Vec::new();
    for target in &wanted.needs.targets {
        let object = admin.object(target.as_str()).await?;
        let object = object.ok_or_else(|| NoPlan::TargetNotThere(target.clone()))?;
        let rules = Descriptor::try_from(object.descriptor.as_slice())
            .map_err(|_| NoPlan::NoRules(target.clone()))?;
        targets.push((target.clone(), rules));
    }
    Ok(Found {
        head,
        account,
        group,
        ous,
        targets,
        has_password,
    })
}

async fn account(
    admin: &Admin,
    wanted: &Wanted,
    name: &AccountName,
    head: &Dn,
) -> Result<Option<AdminObject>, NoPlan> {
    if let Some(dn) = &name.dn {
        return Ok(admin.object(dn.as_str()).await?);
    }
    if wanted.username.contains('@') {
        let by_upn = admin.principal(&wanted.username).await?;
        // The domain's own suffix needs no attribute (MS-ADTS 5.1.1.1.1).
        let is_implied = name.has_default_upn(head);
        if by_upn.is_some() || !is_implied {
            return Ok(by_upn);
        }
    }
    Ok(admin.principal(&name.sam).await?)
}

/// Where something may have to be made.
fn places(wanted: &Wanted, name: &AccountName, head: &Dn) -> Result<Vec<Dn>, NoPlan> {
    let ou = match &wanted.account_ou {
        Some(ou) => ou.clone(),
        None => default_account_ou(head)?,
    };
    let group = wanted.reset_group.parse::<Dn>().ok();
    let elsewhere = [name.dn.clone(), group].into_iter().flatten();
    let mut places = vec![ou];
    places.extend(elsewhere.filter_map(|dn| dn.parent()));
    Ok(places)
}
