"""``speedcam office account``: who works for the office. Parse, call, print."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from services.clock import SystemClock
from services.console import EPILOG, AsJson, Office, say, show, show_record
from services.staff.account import Account, Role
from services.staff.password import Passwords, new_password
from services.staff.second_factor import enrolment, new_secret
from services.store.accounts import (
    Proofs,
    accounts_of,
    add_account,
    disable_account,
    give_role,
    reset_account,
)
from services.store.store import open_store

account_app = typer.Typer(
    name="account",
    help="Who works for the office: accounts, their roles, new passwords.\n\nWhoever may type "
    "these commands holds the office key, and so makes the first administrator too.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

Id = Annotated[str, typer.Argument(metavar="ID", help="As it stands in the history: P-17.")]
LastDay = Annotated[
    datetime | None,
    typer.Option(
        "--expires", formats=["%Y-%m-%d"], metavar="DAY", help="Last day on which it works."
    ),
]
FIRST_KEYS = ("id", "password", "secret", "enrolment")
COLUMNS = ("id", "role", "name", "last_day", "works")


@account_app.command(epilog=EPILOG)
def add(
    account_id: Id,
    *,
    office: Office,
    name: Annotated[str, typer.Option(metavar="TEXT", help="As colleagues call them.")],
    role: Annotated[Role, typer.Option(help="What they do.")],
    expires: LastDay = None,
    as_json: AsJson = False,
) -> None:
    """Make an account, and print its first password and the secret for an app with codes, once.

    The password must be changed at the first sign-in. No two ids may look alike, and none is ever
    given twice.
    """
    account = Account(
        id=account_id, name=name, role=role, last_day=expires.date() if expires else None
    )
    password, proofs = _new_proofs()
    with open_store(office) as store:
        add_account(store, account, proofs, SystemClock().now())
    _show_keys(account_id, password, proofs, as_json=as_json)


@account_app.command(name="list", epilog=EPILOG)
def list_accounts(office: Office, as_json: AsJson = False) -> None:
    """List all accounts, those that work no more too."""
    today = datetime.now(UTC).date()
    with open_store(office) as store:
        rows = [
            {
                "id": each.id,
                "role": str(each.role),
                "name": each.name,
                "last_day": each.last_day,
                "works": "yes" if each.works_on(today) else "no",
            }
            for each in accounts_of(store)
        ]
    show(rows, COLUMNS, as_json=as_json)
    say(f"accounts: {len(rows)}")


@account_app.command(epilog=EPILOG)
def disable(account_id: Id, office: Office) -> None:
    """Let an account work no more; whoever is signed in with it is signed out."""
    with open_store(office) as store:
        disable_account(store, account_id, SystemClock().now())
    say(f"account {account_id}: disabled")


@account_app.command(epilog=EPILOG)
def reset(account_id: Id, office: Office, expires: LastDay = None, as_json: AsJson = False) -> None:
    """Give an account a new password and secret; it works again until the day that is given."""
    password, proofs = _new_proofs()
    with open_store(office) as store:
        last_day = expires.date() if expires else None
        reset_account(store, account_id, proofs, last_day, SystemClock().now())
    _show_keys(account_id, password, proofs, as_json=as_json)


@account_app.command(epilog=EPILOG)
def role(
    account_id: Id,
    new: Annotated[Role, typer.Argument(metavar="ROLE", help=f"One of: {', '.join(Role)}.")],
    office: Office,
) -> None:
    """Give an account another role; whoever is signed in with it signs in again."""
    with open_store(office) as store:
        give_role(store, account_id, new, SystemClock().now())
    say(f"account {account_id}: {new}")


def _new_proofs() -> tuple[str, Proofs]:
    password = new_password()
    return password, Proofs(password=Passwords().hashed(password), secret=new_secret())


def _show_keys(account_id: str, password: str, proofs: Proofs, *, as_json: bool) -> None:
    row: dict[str, object] = {
        "id": account_id,
        "password": password,
        "secret": proofs.secret,
        "enrolment": enrolment(proofs.secret, account_id),
    }
    if as_json:
        show([row], FIRST_KEYS, as_json=True)
    else:
        show_record(row, FIRST_KEYS)
    say("Hand these over in person; they are shown this once.")
