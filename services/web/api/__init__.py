"""The office's API for other programs: it only reads, and tells nothing personal."""
