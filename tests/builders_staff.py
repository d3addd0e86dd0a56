"""Builders for the staff: accounts, and people with a browser and a phone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import pyotp
from argon2 import PasswordHasher

from services.staff.account import Account, Role
from services.store.accounts import Proofs, account_and_proofs, add_account, change_password
from services.store.staff_sessions import begin_session
from tests.builders_pages import TestClient

PASSWORD = "four words make one"  # noqa: S105 - of accounts that no office has
IDS = {
    Role.REVIEWER: "P-17",
    Role.SENIOR: "S-23",
    Role.AUDITOR: "A-42",
    Role.ENGINEER: "E-57",
    Role.ADMINISTRATOR: "M-83",
}


@cache
def hashed(password: str = PASSWORD) -> str:
    """A hash that is checked as any other, and faster: tests of who comes in need not wait."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


def an_account(store, clock, role=Role.REVIEWER, *, first=False, **changes) -> str:
    """An account whose owner has chosen PASSWORD already, unless it is their ``first`` visit."""
    known = {"id": IDS[role], "name": f"Demo {role}", "role": role} | changes
    proofs = Proofs(password=hashed(), secret=pyotp.random_base32())
    add_account(store, Account(**known), proofs, clock.now())
    if not first:
        change_password(store, known["id"], hashed(), clock.now())
    return known["id"]


@dataclass
class Officer:
    """Somebody with a browser that has no scripts, and a phone that shows codes."""

    client: TestClient
    store: object
    clock: object
    id: str

    def code(self) -> str:
        _, proofs = account_and_proofs(self.store, self.id)
        return pyotp.TOTP(proofs.secret).at(self.clock.now())

    def token(self, path="/sign-in") -> str:
        return re.search(r'name="token" value="([^"]+)"', self.client.get(path).text)[1]

    def sign_in(self, **typed):
        known = {"account": self.id, "password": PASSWORD, "token": self.token()}
        known["code"] = typed.pop("code", None) or self.code()
        return self.client.post("/sign-in", data=known | typed)

    def come_in(self) -> None:
        """Be signed in, without the slow way through the door."""
        account, _ = account_and_proofs(self.store, self.id)
        begin_session(self.store, f"secret-of-{self.id}", account, self.clock.now())
        self.client.cookies.set("staff", f"secret-of-{self.id}")

    def send(self, path, shown_at=None, **fields):
        """Send a form as it stands on the page ``shown_at``."""
        return self.client.post(path, data={"token": self.token(shown_at or "/")} | fields)


def an_officer(app, store, clock, account_id="P-17", *, address="192.0.2.1", scheme="http"):
    client = TestClient(
        app,
        base_url=f"{scheme}://localhost",
        client=(address, 50_000),
        follow_redirects=False,
        raise_server_exceptions=False,
    )
    return Officer(client, store, clock, account_id)
