"""The public board: what the cameras count, by month and site, and nobody in it."""
