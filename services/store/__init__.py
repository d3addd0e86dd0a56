"""The office's memory: one folder with a database, keys, exhibits and what was sent.

    <office>/office.sqlite   cases, decisions, fines, outbox, history
    <office>/keys/           the office key, and kek-*.key, which wraps the key of each case
    <office>/exhibits/       pictures and raw data of violations, sealed, named by their SHA-256
    <office>/sent/           notices of the folder sender

Folders are 0700 and files 0600.
"""

from services.store.store import Store, open_store

__all__ = ["Store", "open_store"]
