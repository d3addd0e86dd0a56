"""Programs that attack what must hold, for as long as one likes."""
