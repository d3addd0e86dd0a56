"""The officers' desk: the queue, a case with all its proof, objections, searches."""
