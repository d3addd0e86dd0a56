"""How a speed came about: a passage's raw data as a drawing, a page, and plain words."""
