"""``speedcam office api-key``: which programs may ask the office. Parse, call, print."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from services.clock import SystemClock
from services.console import EPILOG, AsJson, Office, say, show, show_record
from services.staff.api_key import ApiKey, Scope, new_key
from services.store.api_keys import add_key, keys_of, revoke_key
from services.store.store import open_store

key_app = typer.Typer(
    name="api-key",
    help="Keys by which other programs ask the office (`speedcam serve --api`).\n\nNo key opens a "
    "plate, a person or a picture.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

COLUMNS = ("id", "works", "last_day", "used_at", "scopes", "name")
FIRST = ("id", "key", "scopes", "last_day")


@key_app.command(epilog=EPILOG)
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is: a program.")],
    *,
    office: Office,
    scope: Annotated[list[Scope], typer.Option(help="What it may ask for; once for each of them.")],
    until: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DAY", help="Last day on which it works, UTC; a year."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, once: the office keeps only its SHA-256."""
    key_id, secret = new_key()
    key = ApiKey(id=key_id, name=name, scopes=frozenset(scope), last_day=until.date())
    with open_store(office) as store:
        add_key(store, key, secret, SystemClock().now())
    row: dict[str, object] = {
        "id": key_id,
        "key": secret,
        "scopes": " ".join(sorted(key.scopes)),
        "last_day": key.last_day,
    }
    if as_json:
        show([row], FIRST, as_json=True)
    else:
        show_record(row, FIRST)
    say("Hand it over where nobody else sees it; it is shown this once.")


@key_app.command(name="list", epilog=EPILOG)
def list_keys(office: Office, as_json: AsJson = False) -> None:
    """List all keys, those that work no more too, and when each was used last."""
    today = datetime.now(UTC).date()
    with open_store(office) as store:
        rows = [
            {
                "id": each.key.id,
                "works": "yes" if each.key.works_on(today) else "no",
                "last_day": each.key.last_day,
                "used_at": each.used_at,
                "scopes": " ".join(sorted(each.key.scopes)),
                "name": each.key.name,
            }
            for each in keys_of(store)
        ]
    show(rows, COLUMNS, as_json=as_json)
    say(f"keys: {len(rows)}")


@key_app.command(epilog=EPILOG)
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `key list` shows it.")],
    office: Office,
) -> None:
    """Let a key work no more, at once."""
    with open_store(office) as store:
        revoke_key(store, key_id, SystemClock().now())
    say(f"key {key_id}: revoked")
