from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.bank import read_statement
from services.bank.credit import fine_numbers_in, money_of
from services.errors import StatementError
from services.model import Money
from services.numbers import ALPHABET, creditor_reference, normal_number
from tests.builders_bank import a_camt, a_part, a_row, a_table, an_entry

REFERENCE = "RF96AL26K7Q2M9XD"
NUMBER = "AL26-K7Q2-M9XD"

NUMBERS = st.text(alphabet=ALPHABET, min_size=8, max_size=8).map(
    lambda digits: normal_number(f"AL26{digits}")
)


@pytest.fixture
def read(tmp_path):
    def statement(text):
        path = tmp_path / "statement"
        path.write_text(text, encoding="utf-8")
        return read_statement(path)

    return statement


@pytest.mark.parametrize(
    "text",
    [
        REFERENCE,
        "RF96 AL26 K7Q2 M9XD",
        "gjoba rf96-al26-k7q2-m9xd faleminderit",
        "/REF/RF96AL26K7Q2M9XD/2026",
        "RF96AL26K7Q2M9XD RF96AL26K7Q2M9XD",
    ],
)
def test_a_reference_is_found_however_people_write_it(text):
    assert fine_numbers_in(text) == {NUMBER}


@given(NUMBERS, NUMBERS)
def test_every_reference_in_a_text_is_found(one, other):
    text = f"{creditor_reference(one)} {creditor_reference(other)}"
    assert {one, other} <= fine_numbers_in(text)


@given(NUMBERS, st.integers(4, 15), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_never_another_fine(number, place, wrong):
    reference = creditor_reference(number)
    # ISO 11649 writes a letter as two digits: a letter for a digit moves all that follows, and one
    # in 180 of these passes. Such a number finds a fine only if one of 2^40 was issued.
    assume(wrong.isdigit() == reference[place].isdigit())
    mistyped = reference[:place] + wrong + reference[place + 1 :]
    assert fine_numbers_in(mistyped) <= {number}


def test_a_number_without_check_digits_is_no_reference():
    assert fine_numbers_in(f"{NUMBER} RF97AL26K7Q2M9XD") == frozenset()


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("1000", "ALL", 1000), ("1000.00", "ALL", 1000), ("12.5", "EUR", 1250), (" 7 ", "EUR", 700)],
)
def test_amounts_become_whole_minor_units(text, currency, minor):
    assert money_of(text, currency) == Money(minor=minor, currency=currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("1000.50", "ALL"), ("0", "EUR"), ("-5", "EUR"), ("1,000.00", "EUR"), ("NaN", "EUR"),
        ("1e99", "EUR"), ("", "EUR"), ("1.005", "EUR"), ("5", "eur"), ("5", ""),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text, currency):
    with pytest.raises(ValueError, match=r"is no (amount|currency)"):
        money_of(text, currency)


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_table_of_payments_is_read(read, separator):
    told = read("\ufeff" + a_table(a_row(REFERENCE, bank_id="B-1"), separator=separator))
    (credit,) = told.credits
    assert (credit.bank_id, credit.paid_on) == ("B-1", date(2026, 10, 20))
    assert (credit.amount.minor, credit.remittance) == (1000, REFERENCE)


def test_a_line_with_a_fault_is_told_and_the_others_are_taken(read):
    told = read(a_table(a_row("x", amount="12,5"), a_row("y"), a_row("z", bank_id="")))
    assert [credit.remittance for credit in told.credits] == ["y"]
    assert [fault[:7] for fault in told.faults] == ["line 2:", "line 4:"]
    assert "the bank's reference '' is none" in told.faults[1]


def test_a_table_without_a_column_is_refused_whole(read):
    with pytest.raises(StatementError, match=r"lacks bank_id, reference; .* Nothing was taken"):
        read("paid_on,amount,currency\n2026-10-20,5,ALL\n")


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_camt_statement_of_any_version_is_read(read, version):
    status = "BOOK" if version == "02" else "<Cd>BOOK</Cd>"
    told = read(a_camt(an_entry(a_part(REFERENCE), bank_id="E-1", status=status), version=version))
    (credit,) = told.credits
    assert (credit.bank_id, credit.amount.minor) == ("E-1", 1000)
    assert fine_numbers_in(credit.remittance) == {NUMBER}


@pytest.mark.parametrize(
    ("days", "paid_on"),
    [
        ({"valued": "2026-10-22", "booked": "2026-10-23"}, "2026-10-20"),
        ({"valued": "2026-10-19", "booked": "2026-10-23"}, "2026-10-19"),
        ({"valued": "2026-10-22", "booked": "2026-10-18"}, "2026-10-18"),
    ],
)
def test_the_earliest_day_that_the_bank_gives_counts(read, days, paid_on):
    part = a_part(REFERENCE, accepted="2026-10-20T23:59:59+02:00")
    (credit,) = read(a_camt(an_entry(part, **days))).credits
    assert credit.paid_on == date.fromisoformat(paid_on)


def test_each_transaction_of_an_entry_is_a_payment_of_its_own(read):
    entry = an_entry(
        a_part(REFERENCE, amount="400"), a_part(free_text="?", amount="600"), bank_id="E-2"
    )
    told = read(a_camt(entry))
    assert [(c.bank_id, c.amount.minor) for c in told.credits] == [("E-2/1", 400), ("E-2/2", 600)]
    own = an_entry(a_part(bank_id="T1", amount="400"), a_part(bank_id="T2", amount="600"))
    assert [credit.bank_id for credit in read(a_camt(own)).credits] == ["T1", "T2"]


def test_transactions_that_do_not_add_up_are_not_taken(read):
    told = read(a_camt(an_entry(a_part(amount="400"), a_part(amount="500"), bank_id="E-3")))
    assert told.credits == ()
    assert told.faults == ("entry 1 (E-3): its transactions do not add up to its amount",)


def test_what_is_no_booked_credit_is_counted_and_left(read):
    told = read(
        a_camt(an_entry(kind="DBIT"), an_entry(status="<Cd>PDNG</Cd>"), an_entry(a_part(REFERENCE)))
    )
    assert (len(told.credits), told.others, told.faults) == (1, 2, ())


def test_a_reversed_payment_is_told_to_a_person(read):
    told = read(a_camt(an_entry(kind="DBIT", reversal="<RvslInd>true</RvslInd>", bank_id="E-4")))
    assert told.credits == ()
    assert "entry 1 (E-4): a payment was reversed" in told.faults[0]


def test_a_payment_without_the_banks_reference_is_not_taken(read):
    told = read(a_camt(an_entry(a_part(REFERENCE), bank_id="")))
    assert told.credits == ()
    assert "nobody can tell whether the payment was taken before" in told.faults[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<Document/>", "it has no BkToCstmrStmt"),
        ("<Document>", "it is no XML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><Document>&b;</Document>', "declares a document type"),
        ("a\0b", "give CSV or camt.053"),
    ],
)
def test_what_is_no_statement_is_refused(read, text, told):
    with pytest.raises(StatementError, match=told):
        read(text)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(StatementError, match="cannot read"):
        read_statement(tmp_path / "missing")
    (tmp_path / "latin").write_bytes(b"bank_id;\xeb")
    with pytest.raises(StatementError, match="not in UTF-8"):
        read_statement(tmp_path / "latin")
