"""What holds for every test."""

from hypothesis import settings

# A claim is true or false however busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
