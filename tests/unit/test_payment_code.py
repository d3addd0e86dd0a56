"""The payment code: nothing is drawn that a bank would not take, and what is drawn can be read."""

import io

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.errors import LetterError
from services.model import Money
from services.notifier.payment import Transfer, epc_code, epc_text, require_payable

DE = "DE23 9999 9999 0000 0000 00"
AL = "AL19 9990 0009 DEMO 0000 0000 0000"
REFERENCE = "RF96 AL26 K7Q2 M9XD"


def euro(cents: int) -> Money:
    return Money(minor=cents, currency="EUR")


def a_transfer(**changes) -> Transfer:
    known = {"payee": "DEMO", "account": DE, "reference": REFERENCE, "amount": euro(1050)}
    return Transfer(**(known | changes))


def test_the_text_is_the_guidelines():
    assert epc_text(a_transfer()) == (
        "BCD\n002\n1\nSCT\n\nDEMO\nDE23999999990000000000\nEUR10.50\n\nRF96AL26K7Q2M9XD"
    )


def test_outside_the_eea_the_bank_is_named():
    assert "\nSCT\nZZZZALTR\n" in epc_text(a_transfer(account=AL, bic="ZZZZALTR"))


FAULTY = {
    "lek": ({"amount": Money(minor=1000, currency="ALL")}, "asks for ALL"),
    "nothing": ({"amount": euro(0)}, "not between"),
    "less than nothing": ({"amount": euro(-1)}, "not between"),
    "a milliard": ({"amount": euro(100_000_000_000)}, "not between"),
    "no payee": ({"payee": ""}, "payee's name"),
    "two lines": ({"payee": "DEMO\nEUR1"}, "payee's name"),
    "an accent": ({"payee": "Zyrë"}, "payee's name"),
    "a slash at the end": ({"payee": "DEMO/"}, "payee's name"),
    "two slashes": ({"payee": "DEMO//X"}, "payee's name"),
    "a long payee": ({"payee": "D" * 71}, "payee's name"),
    "a bad bank": ({"bic": "demo"}, "no BIC"),
    "no bank outside the EEA": ({"account": AL}, "needs the BIC"),
    "a wrong account": ({"account": "DE24 9999 9999 0000 0000 00"}, "is no IBAN"),
    "a short account": ({"account": "DE23 9999"}, "is no IBAN"),
    "a wrong reference": ({"reference": "RF95 AL26 K7Q2 M9XD"}, "no creditor reference"),
}


@pytest.mark.parametrize(("changes", "why"), FAULTY.values(), ids=FAULTY)
def test_no_code_for(changes, why):
    with pytest.raises(LetterError, match=why):
        epc_code(a_transfer(**changes))


def test_all_faults_are_named_at_once():
    with pytest.raises(LetterError, match=r"not between.*payee's name.*no BIC"):
        epc_code(a_transfer(amount=euro(0), payee="ë", bic="x"))


@pytest.mark.parametrize("account", [AL, DE])
def test_an_account_may_be_printed_in_groups(account):
    require_payable(account, REFERENCE)
    require_payable(account.replace(" ", ""), REFERENCE.replace(" ", ""))


@settings(max_examples=15, deadline=None)
@given(
    cents=st.integers(1, 99_999_999_999),
    payee=st.from_regex(r"[A-Z][A-Z0-9 .,]{0,68}[A-Z]", fullmatch=True),
)
def test_a_code_says_what_it_was_given(cents, payee):
    transfer = a_transfer(payee=payee, amount=euro(cents))
    code = epc_code(transfer)
    assert code.error == "M"
    assert code.version <= 13
    assert _read(code) == epc_text(transfer)


def test_the_longest_code_can_be_read():
    longest = a_transfer(payee="D" * 70, account=AL, bic="ZZZZALTRXXX", amount=euro(99_999_999_999))
    assert _read(epc_code(longest)) == epc_text(longest)
    assert len(epc_text(longest).encode()) <= 331


def _read(code) -> str:
    png = io.BytesIO()
    code.save(png, kind="png", scale=6)
    picture = cv2.imdecode(np.frombuffer(png.getvalue(), np.uint8), cv2.IMREAD_GRAYSCALE)
    return cv2.QRCodeDetectorAruco().detectAndDecode(picture)[0]
