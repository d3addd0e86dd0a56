"""Incidents: what a source saw in an interval is held until it is found sound or unsound."""
