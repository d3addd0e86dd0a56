"""Reports for the public and for those who run an office: counts, and nobody in them."""
