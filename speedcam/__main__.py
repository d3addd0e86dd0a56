"""``python -m speedcam``."""

from speedcam.cli import main

main()
