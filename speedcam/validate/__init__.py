"""How far passages are from the truth: read, match, report.

``truth`` reads truth and reference files into one form, ``matching`` pairs each vehicle with at
most one passage, ``report`` turns the pairs into figures. Those three print nothing; ``table``
and ``cli`` show what they say.
"""
