"""The office: passages in, decided fines and notices out.

It takes :class:`speedcam.model.Passage` as JSON and knows nothing of pixels or tracking.
"""
