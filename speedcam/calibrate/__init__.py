"""Whether a site is surveyed well enough: figures, picture and verdict before anybody is fined."""
