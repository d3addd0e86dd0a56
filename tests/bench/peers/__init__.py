"""Speedcam beside what people would take instead: ``python -m tests.bench.peers``.

The modules ``ground``, ``formulas``, ``motion``, ``tools`` and ``seat`` run in the tools' own
environment, without speedcam; all others run in the project's.
"""
