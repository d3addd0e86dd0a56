"""The owner's room: one notice, behind its number and the plate."""
