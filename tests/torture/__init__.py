"""Attacks by the hundred thousand, too long for the suite: ``make torture``.

Each module here has a ``main`` that prints what it tried and gives how much went wrong.
"""
