// `keyward serve` with the article's config.ini, the values those of the test domain.

import { domain, server } from "./domain.js";
import { articleIni, startServe } from "./keyward.js";

/** `new_password` as in the article, or left out; `environment`: settings that the article does not have. */
export function serveTheArticle({ new_password, environment = {} } = {}) {
  const ad = { server, domain: domain.domain, user_ou: domain.user_ou, reset_group: domain.reset_group };
  const ini = articleIni({
    ad: new_password ? { ...ad, new_password } : ad,
    service_account: domain.service_account,
  });
  return startServe(ini, { KEYWARD__AD__CA_FILE: domain.dc.ca_file, ...environment });
}
