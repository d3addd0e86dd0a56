"""What engineers do with sites: begin one, appraise what they typed, and save it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.errors import SavedMeanwhile, ShelfError
from services.ports import Clock
from services.sites.draft import drafts
from services.sites.fields import Document, document_of, fields_of
from services.sites.shelf import Shelf, digest, png_size_px
from services.sites.sketch import Papers, Sketch, Surveyor
from services.sites.toml_text import toml_text
from services.store.history import Event, add_event
from services.store.store import Store
from services.worded import EnglishOnly, worded
from speedcam.errors import SpeedcamError

SAVED = "saved_site"
CALLED = "site"
"""What a form's text is called in messages, which lose that name again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A site as a form shows it.

    Attributes:
        name: Of the site.
        number: Of the version; None where the file in force was never saved here, 0 where there
            is none yet.
        base: :func:`digest` of the file in force, which a save brings back.
        source: Number of the version whose text is shown, where that is not the one in force.
        fields: What stands in the form.
    """

    name: str
    number: int | None
    base: str
    source: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraised:
    """What was said of a form.

    Attributes:
        sketch: What its survey is worth, or as much of it as can be drawn; None: nothing can.
        faults: Why it cannot be saved so, one sentence each; where there are some, the sketch is
            of a draft.
    """

    sketch: Sketch | None
    faults: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """The sites in a folder, with who can say what their surveys are worth.

    Attributes:
        shelf: Where they are kept.
        surveyor: Knows the camera.
        store: Whose history tells of every save.
        clock: Says when.
    """

    shelf: Shelf
    surveyor: Surveyor
    store: Store
    clock: Clock

    def begin(self, name: str, picture: bytes) -> None:
        """Begin a site with the picture that its points are found in, or give it to one without.

        Raises:
            SpeedcamError: The name is taken or none, or the picture is none.
        """
        self.shelf.frame_path(name)  # before the work of decoding
        self.shelf.add_frame(name, self.surveyor.picture(picture))

    def shown(self, name: str, source: str = "") -> Shown:
        """The site as it is in force, or as the version ``source`` has it.

        Raises:
            NoSite: There is no such site, or no such version.
            ShelfError: Its file is no TOML.
        """
        content = self.shelf.in_force(name)
        document = _document(self._text(name, source), name)
        return Shown(
            name=name,
            number=self.shelf.number_of(name, content) if content else 0,
            base=digest(content),
            source=source,
            fields=fields_of(document),
        )

    def appraise(self, name: str, typed: Mapping[str, str]) -> Appraised:
        """What the survey in a form is worth; nothing is changed.

        Raises:
            ShelfError: There is no such site, or it has no picture.
            SavedMeanwhile: Another version is in force than the one that was changed.
        """
        document = self._typed(name, typed)
        picture = self.frame(name)
        try:
            return Appraised(sketch=self._sketch(document, picture), faults=())
        except SpeedcamError as error:
            faults = sentences(error)
        for draft in drafts(document):
            try:
                return Appraised(sketch=self._sketch(draft, picture), faults=faults)
            except SpeedcamError:
                continue
        return Appraised(sketch=None, faults=faults)

    def save(self, name: str, typed: Mapping[str, str], who: str) -> int:
        """Save what was typed as the version in force, and return its number.

        It stays as a version before the history tells of it, and is in force after that.

        Raises:
            SavedMeanwhile: Another version is in force than the one that was changed.
            SpeedcamError: The file would have faults, or no camera follows from its points.
        """
        shelf, at = self.shelf, self.clock.now()
        document = self._typed(name, typed)
        camera = document.setdefault("camera", {})
        camera.setdefault("size_px", list(self.size_px(name)))
        camera.setdefault("reference_frame", shelf.frame_path(name).name)
        self._sketch(document, self.frame(name))
        head = f"# Saved in the browser by {who} at {at.isoformat(timespec='seconds')}.\n"
        content = (head + toml_text(document)).encode()
        with shelf.held(name):
            number = shelf.keep(name, typed.get("base", ""), content)
            told = f"site {name}, version {number}, SHA-256 {digest(content)}"
            event = Event(at=at, who=who, what=SAVED, subject=f"site {name}", reason=told)
            with self.store.writing() as connection:
                add_event(self.store, connection, event)
            shelf.put_in_force(name, number)
        return number

    def papers(self, name: str, content: bytes) -> Papers:
        """What a list says of a site whose file in force is ``content``.

        Raises:
            SpeedcamError: The file has faults, or there is no picture beside it.
        """
        return self.surveyor.papers(content, CALLED, self.frame(name))

    def frame(self, name: str) -> bytes:
        """The picture that a site's points are found in, as PNG.

        Raises:
            ShelfError: There is no picture of such a site.
        """
        try:
            return self.shelf.frame_path(name).read_bytes()
        except FileNotFoundError:
            raise ShelfError(
                worded("site {site} has no picture: begin a site of this name with one", site=name)
            ) from None

    def size_px(self, name: str) -> tuple[int, int]:
        """Width and height of that picture.

        Raises:
            ShelfError: There is no such site, or it has no picture.
        """
        return png_size_px(self.frame(name))

    def _typed(self, name: str, typed: Mapping[str, str]) -> Document:
        if digest(self.shelf.in_force(name)) != typed.get("base", ""):
            raise SavedMeanwhile(f"site {name} was changed by somebody else meanwhile")
        return document_of(typed, _document(self._text(name, typed.get("source", "")), name))

    def _text(self, name: str, source: str) -> bytes:
        if source.isascii() and source.isdigit():
            return self.shelf.version(name, int(source))
        return self.shelf.in_force(name)

    def _sketch(self, document: Document, picture: bytes) -> Sketch:
        return self.surveyor.sketch(toml_text(document).encode(), CALLED, picture)


def sentences(error: SpeedcamError) -> list[str]:
    """What an error says, one sentence for each fault of a file, without the file's lines."""
    told = re.findall(rf"^{CALLED}:\d+: (.*)$", str(error), re.MULTILINE)
    return told or [str(error)]


def _document(content: bytes, name: str) -> Document:
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except ValueError as error:
        raise ShelfError(
            worded(
                "{site}.site.toml is no TOML ({fault}): mend it in an editor",
                site=name,
                fault=EnglishOnly(error),
            )
        ) from None
