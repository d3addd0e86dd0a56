"""Ask the API at random: ``python -m tests.torture.api``. A fault of ours (5xx), an answer that
its description does not allow, or a question that cannot be and is answered is a failure.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from services.store import open_store
from services.web.api.app import create_api
from services.web.tally import Tally
from tests.builders_api import a_key, some_history
from tests.builders_fines import without_waiting

TIMES = 500
SEED = 20261127


@dataclass
class RunningClock:
    """A tenth of a second passes with each look at it, so that nobody asks too fast."""

    instant: datetime = datetime(2026, 10, 20, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        self.instant += timedelta(seconds=0.1)
        return self.instant


def asked(times: int, work: Path) -> Counter[int]:
    """Ask so many random questions, in each way, at each route; the answers by status.

    Raises:
        Exception: What schemathesis, or several times it, makes of answers that cannot be.
    """
    clock, seen = RunningClock(), Counter()
    with open_store(work / "office", create=True) as store:
        some_history(without_waiting(store), work / "camera", clock)
        headers = {"Authorization": f"Bearer {a_key(store, clock)}"}
        app = create_api(store, clock=clock, tally=Tally())
        schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)
        for operation in schema.get_all_operations():
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                _ask(operation.ok(), mode, times, headers, seen)
    return seen


def _ask(operation, mode, times: int, headers: dict[str, str], seen: Counter[int]) -> None:
    @seed(SEED)
    @settings(
        max_examples=times,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        response = case.call(headers=headers)
        # A cursor is opaque: most texts that the description allows are none, and told to be none.
        unfit = [CHECKS.get_one("positive_data_acceptance")]
        if _lost(case.query, response.request.url):
            unfit.append(CHECKS.get_one("negative_data_rejection"))
        case.validate_response(response, headers=headers, excluded_checks=unfit)
        seen[response.status_code] += 1

    ask()


def _lost(asked_for: Mapping[str, object], url: str) -> bool:
    """Whether what was to be wrong never left: an empty list of values, say, is no parameter."""
    sent = {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    return not set(asked_for) <= sent


def main() -> int:
    """How many faults were found, and what was answered."""
    with tempfile.TemporaryDirectory() as work:
        seen = asked(TIMES, Path(work))
    told = ", ".join(f"{status}: {count}" for status, count in sorted(seen.items()))
    sys.stdout.write(f"asked {seen.total()} random questions, answered by status {told}\n")
    return sum(count for status, count in seen.items() if status >= 500)


if __name__ == "__main__":
    sys.exit(int(main() > 0))
