"""What banks tell: statements in, credits out."""

from services.bank.credit import Credit
from services.bank.statement import Statement, read_statement

__all__ = ["Credit", "Statement", "read_statement"]
