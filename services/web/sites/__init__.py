"""The engineers' room: the sites of the cameras, and their calibration in the browser."""
