"""Backups that nobody can read on the way, and a restore that is not done until all is verified."""
