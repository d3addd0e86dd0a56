"""Ways to hand a notice over; each is a :class:`services.ports.Sender`."""
