"""Where the camera touches the world: files, decoders, pictures."""
