//! A small directory server in this process that speaks LDAPS as Active Directory does.
