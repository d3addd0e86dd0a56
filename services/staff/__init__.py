"""Who works for the office: accounts, their roles, passwords and second factors."""
