"""The owners' pages in two processes: one that everybody reaches, and one that has the keys.

:mod:`services.web.keeper.porch` is the process that people reach: it has no key, no database and no
file of the office. :mod:`services.web.keeper.keeper` answers it, one notice at a time.
"""
