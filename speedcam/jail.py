"""Starts a program with nothing but the descriptors it is given, under bubblewrap where it is.

Under bubblewrap the program sees no network, no other process, no user but nobody, and of the file
system only what Python itself needs, read only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import speedcam

_PACKAGE = Path(speedcam.__file__).parent
_NOBODY = "65534"
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""All of it: ours may hold secrets. Threads could not be started once the decoder is confined."""


def start_of(module: str) -> str:
    """Code for :func:`launch` that runs ``main`` of a module.

    Python's own isolated mode forgets where this package lies, so it is told.
    """
    return f"import sys; sys.path.insert(0, sys.argv[1]); from {module} import main; main()"


def launch(
    code: str,
    argument: str,
    descriptors: Sequence[int],
    *,
    outer: bool = True,
    packages: Sequence[Path] = (),
) -> subprocess.Popen[bytes]:
    """Run ``code`` in a Python that knows nothing of this one.

    Args:
        code: Python source; finds the folder of this package in ``sys.argv[1]``.
        argument: What it finds in ``sys.argv[-1]``.
        descriptors: All that it gets, beside a pipe for its last words.
        outer: Under bubblewrap, where that is here and works.
        packages: What it sees beside this package: code, and files that it needs.
    """
    python = [sys.executable, "-I", "-B", "-c", code, str(_PACKAGE.parent), argument]
    inside = _bubblewrap(tuple(packages)) if outer else []
    return subprocess.Popen(  # noqa: S603 - our own Python, and bubblewrap by its full path
        [*inside, *python],
        pass_fds=tuple(descriptors),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=_ENVIRONMENT,
        cwd="/",
        start_new_session=True,
    )


def has_bubblewrap(packages: Sequence[Path] = ()) -> bool:
    """Whether bubblewrap is here, and may make namespaces in which these can be seen."""
    return bool(_bubblewrap(tuple(packages)))


@cache
def _bubblewrap(packages: tuple[Path, ...] = ()) -> list[str]:
    """How to call bubblewrap; empty where it is missing or not allowed to do its work."""
    program = shutil.which("bwrap")
    if program is None:
        return []
    command = [
        *(program, "--unshare-user", "--unshare-all", "--die-with-parent", "--new-session"),
        *("--uid", _NOBODY, "--gid", _NOBODY, "--cap-drop", "ALL"),
        *(word for path in _needed(packages) for word in ("--ro-bind", path, path)),
        *("--remount-ro", "/", "--chdir", "/", "--"),
    ]
    # A container often has the program and not the right to use it.
    tried = subprocess.run(  # noqa: S603 - as above
        [*command, sys.executable, "-I", "-c", ""],
        capture_output=True,
        check=False,
        env=_ENVIRONMENT,
    )
    return command if tried.returncode == 0 else []


def _needed(packages: tuple[Path, ...]) -> list[str]:
    """What Python, its libraries and these packages are made of, outermost first."""
    wanted = [
        *map(Path, ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64")),
        *(Path(prefix) for prefix in (sys.base_prefix, sys.prefix) if prefix != "/usr"),
        *(Path(os.path.realpath(sys.executable)), Path(sys.executable)),
        *(Path(place) for place in sys.path if Path(place).name == "site-packages"),
        _PACKAGE,
        *packages,
    ]
    found: list[Path] = []
    for path in wanted:
        if path.exists() and not any(path.is_relative_to(known) for known in found):
            found.append(path)
    return [str(path) for path in found]
