"""``speedcam`` and ``python -m speedcam``."""

import sys


def main() -> None:
    """Run the command line; loading it may be interrupted as well."""
    try:
        from speedcam.cli import main as run  # noqa: PLC0415 - loading takes a while

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
