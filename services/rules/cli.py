"""``speedcam rules``: check a pack, show it, explain what it made of a passage."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.errors import PackError
from services.model import Violation
from services.rules.casefile import failures, read_cases
from services.rules.catalogue import load_editions, pack_files, pack_for
from services.rules.edition import Edition, read_edition
from services.rules.engine import NoViolation, local_day
from services.rules.explain import Step, derivation
from services.rules.section import Drive, day_key, drives, judge_drive, mark
from services.rules.section_file import read_section
from services.rules.table import as_html, as_text
from speedcam.disk import write_durably
from speedcam.model import Passage
from speedcam.record import read_passages

SOME_FAILED = 1

EPILOG = """Exit codes: 0 all is well; 1 a pack answers a case otherwise; 2 a pack or an input is
wrong. Data goes to stdout, everything else to stderr."""

rules_app = typer.Typer(
    name="rules",
    help="The law as rule packs: check them, proof-read them, see how a passage was judged.\n\n"
    "PACK is the id of a pack of this release (`AL-2023-04-21`) or the path of a YAML file.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

PackName = Annotated[str, typer.Argument(metavar="PACK", help="Id of a pack, or its file.")]

talk = Console(stderr=True)


@rules_app.command(epilog=EPILOG)
def check(
    packs: Annotated[
        list[str] | None, typer.Argument(metavar="[PACK]…", help="Ids or files; none: all.")
    ] = None,
) -> None:
    """Prove a pack and run the cases beside it.

    Every fault of a pack is told with its line and its remedy. The cases of `x.yaml` are
    `x.cases.yaml` in the same folder.
    """
    failed = False
    for name in packs or [edition.pack.id for edition in load_editions()]:
        edition, cases = _pack_and_cases(name)
        told = list(_failures(edition, cases))
        failed = failed or bool(told)
        for each in told:
            typer.echo(f"{edition.pack.id}: {each}")
        _say(_summary(edition, cases, len(told)))
    if failed:
        raise typer.Exit(SOME_FAILED)


@rules_app.command(epilog=EPILOG)
def table(
    pack: PackName,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page: .html, or text otherwise.")
    ] = None,
) -> None:
    """Show a pack for proof-reading: every value with its article, source and mark."""
    edition, _ = _pack_and_cases(pack)
    if out is None:
        typer.echo(as_text(edition), nl=False)
        return
    write = as_html if out.suffix in {".html", ".htm"} else as_text
    write_durably(out, write(edition).encode())
    typer.echo(out)


@rules_app.command(epilog=EPILOG)
def explain(
    passages: Annotated[
        Path, typer.Argument(metavar="PASSAGES", help="A passages.jsonl of `speedcam process`.")
    ],
    passage: Annotated[
        str, typer.Option("--id", metavar="ID", help="One passage; its first characters do.")
    ] = "",
    pack: Annotated[
        str, typer.Option(metavar="PACK", help="Judge by this pack, not by that of the day.")
    ] = "",
) -> None:
    """Show step by step, each with its article, how passages are judged."""
    law = load_editions() if not pack else ()
    chosen = [each for each in read_passages(passages) if each.id.startswith(passage)]
    if not chosen:
        raise PackError(
            f"{passages} holds no passage {passage}: leave --id out to see all of them."
        )
    for each in chosen:
        edition = _pack_and_cases(pack)[0] if pack else _of_the_day(law, each)
        typer.echo("\n".join(lines(derivation(each, edition))) + "\n")


@rules_app.command(epilog=EPILOG)
def section(
    description: Annotated[
        Path, typer.Argument(metavar="SECTION", help="The section, a YAML file.")
    ],
    entry: Annotated[Path, typer.Argument(metavar="ENTRY", help="Passages where it begins.")],
    exits: Annotated[Path, typer.Argument(metavar="EXIT", help="Passages where it ends.")],
) -> None:
    """Match the passages of two cameras and judge the average speeds between them.

    Only plates that both cameras read beyond doubt can match; no plate is shown or kept. Nothing
    is opened here: `speedcam office section` opens a case for each violation.
    """
    text = _bytes_of(description)
    law, secret = load_editions(), secrets.token_bytes(32)
    stretch = read_section(text, description.name)
    marks = [
        [found for each in read_passages(path) if (found := mark(each, end, day_key(secret, each)))]
        for path, end in ((entry, stretch.entry), (exits, stretch.exit))
    ]
    every = list(drives(stretch, *marks))
    for drive in every:
        end = drive.exit.passage
        judged = judge_drive(drive, stretch, _of_the_day(law, end), key=end.id)
        typer.echo(_told_drive(drive, judged))
    _say(f"marks {len(marks[0])} and {len(marks[1])}; drives through the section {len(every)}")


def _told_drive(drive: Drive, judged: Violation | NoViolation) -> str:
    answer = f"for a person: {judged.offence}" if isinstance(judged, Violation) else judged.finding
    return (
        f"{drive.entry.passage.id} {drive.exit.passage.id} {drive.seconds:.2f} s "
        f"{drive.speed_kmh:.1f} ± {drive.uncertainty_kmh:.1f} km/h {answer}"
    )


def lines(steps: Iterator[Step]) -> Iterator[str]:
    """Each step on a line of its own: what, the figure, and in brackets the article and mark."""
    for number, step in enumerate(steps, start=1):
        source = f"  [{step.reference}, {step.sure}]" if step.reference else ""
        yield f"{number:>3}. {step.what:<58} {step.figure}{source}"


def _of_the_day(law: tuple[Edition, ...], passage: Passage) -> Edition:
    return pack_for(law, local_day(passage), passage.place.timezone)


def _pack_and_cases(name: str) -> tuple[Edition, tuple[str, bytes] | None]:
    """The pack of this id or file, and name and text of the cases beside it, if there are any."""
    path = Path(name)
    if path.suffix not in {".yaml", ".yml"}:
        return _of_this_release(name)
    text = _bytes_of(path)
    beside = path.with_suffix(".cases.yaml")
    cases = (beside.name, beside.read_bytes()) if beside.is_file() else None
    return read_edition(text, path.name), cases


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PackError(f"cannot read {path}: {error.strerror}. Give a YAML file.") from None


def _of_this_release(pack_id: str) -> tuple[Edition, tuple[str, bytes] | None]:
    files = pack_files()
    stem = pack_id.lower()
    if f"{stem}.yaml" not in files:
        known = ", ".join(n.removesuffix(".yaml").upper() for n in files if ".cases." not in n)
        raise PackError(f"there is no pack {pack_id}; known: {known}. Or give a YAML file.")
    beside = files.get(f"{stem}.cases.yaml")
    edition = read_edition(files[f"{stem}.yaml"].read_bytes(), f"{stem}.yaml")
    return edition, (f"{stem}.cases.yaml", beside.read_bytes()) if beside else None


def _failures(edition: Edition, cases: tuple[str, bytes] | None) -> Iterator[str]:
    if cases is None:
        yield "has no cases beside it: write some, every edge of every band among them"
        return
    name, text = cases
    yield from failures(edition.pack, read_cases(text, name))


def _summary(edition: Edition, cases: tuple[str, bytes] | None, failed: int) -> str:
    pack, total = edition.pack, 0
    if cases is not None:
        read = read_cases(cases[1], cases[0])
        total = len(read.judged) + len(read.due)
    doubts = len(pack.doubts())
    sure = f"verified by {pack.reviewed_by}"
    if not pack.verified:
        sure = f"not verified, {doubts} entries marked C or K"
    return (
        f"{pack.id}: {len(pack.bands)} bands without a gap; cases {total}, failed {failed}; {sure}"
    )


def _say(words: str) -> None:
    talk.print(words, highlight=False, markup=False, soft_wrap=True)
