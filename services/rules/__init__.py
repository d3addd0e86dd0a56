"""The law as dated data, and the pure functions that apply it.

Nothing in here decides about a person: it says what the law of that day makes of a passage.
"""
