"""The notice: its facts, its wording, its renderings, and its way to the owner."""
