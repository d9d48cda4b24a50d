"""The configuration files that dev/dc writes for Samba and for Kerberos clients."""

# smbd asks winbindd through a socket whose folder is compiled in: so one DC only has these two.
SERVICES = "rpc, ldap, cldap, kdc, drepl, kcc"
FIRST_SERVICES = SERVICES + ", s3fs, winbindd"

SMB_CONF = """\
[global]
    netbios name = {name}
    realm = {realm}
    workgroup = {domain}
    server role = active directory domain controller
    server services = {services}
    interfaces = {ip}
    bind interfaces only = yes
    private dir = {dir}/private
    state directory = {dir}/state
    cache directory = {dir}/cache
    lock directory = {dir}/lock
    pid directory = {dir}/run
    ncalrpc dir = {dir}/ncalrpc
    binddns dir = {dir}/bind-dns
    ntp signd socket directory = {dir}/ntp
    log file = {dir}/log/samba.log
    max log size = 0

[sysvol]
    path = {dir}/state/sysvol
    read only = no

[netlogon]
    path = {dir}/state/sysvol/example.test/scripts
    read only = no
"""

KRB5_CONF = """\
[libdefaults]
    default_realm = {realm}
    dns_lookup_realm = false
    dns_lookup_kdc = false
    rdns = false

[realms]
    {realm} = {{
        kdc = {ip}
        kpasswd_server = {ip}
        admin_server = {ip}
    }}

[domain_realm]
    .example.test = {realm}
    example.test = {realm}
"""
