"""Live streams: one process receives, another decodes, a third measures at once."""
