#!/usr/bin/env python3
"""Compares the ways of ways.py, side by side in one run. Prints Markdown. `python/run --compare` runs it.

Calls: each way is called in this process, in turns. Requests: the same in a Flask app (app.py) under gunicorn, with
one sync worker on the first core; the client and the issuer are on the others. Rules: each way is asked about the rules
of tests/corpus/rules.jsonl that standards require and that its settings can express.

The issuers are the OpenID provider of cli/tests/provider, on loopback. CPU times are those of the way's own process,
user and system. Exit code: 1 if an answer is wrong.
"""

from __future__ import annotations

from __future__ import annotations

import argparse
import logging
import os
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from answers import Tally

T = TypeVar("T")
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent / "tests"), str(ROOT / "benches/serve"), str(ROOT / "conformance/peers")]

import load
from conftest import API, Provider
from servers import Server
from ways import WAYS

DOCUMENT = ROOT / "docs/python.md"
MARKERS = "<!-- compared: written by `python/run --compare --write` -->\n", "<!-- end of compared -->\n"

ALGORITHMS = ["ES384", "ES256", "RS256"]
TOKENS = 64
# What the others are compared with.
OURS = "tollgate_new"

# The microseconds of CPU time, and of time, for each call or request: by way and algorithm, one pair per turn.
Times = dict[tuple[str, str], list[tuple[float, float]]]


class Issuer:
    """A provider with one algorithm, since the guide's way takes no set with keys of several kinds, and its tokens."""

    def __init__(self, algorithm: str) -> None:
        self.provider = Provider(algorithm)
        self.places = f"{self.provider.issuer}/jwks", self.provider.issuer, API
        self.headers = [self.provider.header(lifetime=6 * 3600) for _ in range(TOKENS)]


def calls(issuers: dict[str, Issuer], turns: int, seconds: float) -> Times:
    """Calls each way for about so many seconds a turn."""
    times: Times = {}
    made = {
        (name, algorithm): way.make(*issuer.places)
        for name, way in WAYS.items()
        for algorithm, issuer in issuers.items()
    }
    for (_, algorithm), authorize in made.items():
        for header in issuers[algorithm].headers:
            assert authorize(header)["sub"] == "app_orders"
    for turn in range(turns):
        for key, authorize in rotated(list(made.items()), turn):
            headers, count = issuers[key[1]].headers, 0
            started, cpu = time.perf_counter(), time.process_time()
            while time.perf_counter() - started < seconds:
                authorize(headers[count % TOKENS])
                count += 1
            spent = time.perf_counter() - started, time.process_time() - cpu
            times.setdefault(key, []).append((spent[1] / count * 1e6, spent[0] / count * 1e6))
    return times


def requests(issuers: dict[str, Issuer], turns: int, count: int) -> Times:
    """Sends so many requests a turn to each app, and a quarter as many to the guide's."""
    times: Times = {}
    cores = sorted(os.sched_getaffinity(0))
    first, rest = {cores[0]}, set(cores[1:]) or {cores[0]}
    gunicorn = [sys.executable, "-m", "gunicorn", "--worker-class", "sync", "--no-control-socket", "--chdir", HERE]
    apps: dict[tuple[str, str], Server] = {}
    with tempfile.TemporaryDirectory(prefix="tollgate-bench-") as folder:
        try:
            for name in WAYS:
                for algorithm, issuer in issuers.items():
                    environment = dict(zip(["JWKS_URI", "ISSUER", "AUDIENCE"], issuer.places)) | {"WAY": name}
                    log = Path(folder) / f"{name}-{algorithm}"
                    apps[name, algorithm] = Server(
                        log, *gunicorn, "--bind", "ADDRESS", "app:app", cores=first, environment=environment
                    )
                    load.ask(apps[name, algorithm].port, issuer.headers, TOKENS)
            os.sched_setaffinity(0, rest)
            for turn in range(turns):
                for key, app in rotated(list(apps.items()), turn):
                    sent = count // 4 if key[0] == "guide" else count
                    before = app.cpu_seconds()
                    seconds = load.ask(app.port, issuers[key[1]].headers, sent)
                    cpu = app.cpu_seconds() - before
                    times.setdefault(key, []).append((cpu / sent * 1e6, seconds / sent * 1e6))
        finally:
            for app in apps.values():
                app.stop()
            os.sched_setaffinity(0, cores)
    return times


def rotated(items: list[T], turn: int) -> list[T]:
    start = turn * 7 % len(items)
    return items[start:] + items[:start]


def table(times: Times, what: str) -> str:
    """Returns medians, and beside them the median of the ratios to ours within a turn."""
    head = "".join(f" {algorithm}: CPU | {what} |" for algorithm in ALGORITHMS)
    lines = [f"| |{head}", "|---|" + "--:|--:|" * len(ALGORITHMS)]
    for name, way in WAYS.items():
        cells = ""
        for algorithm in ALGORITHMS:
            own, ours = times[name, algorithm], times[OURS, algorithm]
            cpu = statistics.median(cpu for cpu, _ in own)
            ratio = statistics.median(cpu / other for (cpu, _), (other, _) in zip(own, ours, strict=True))
            per_second = 1e6 / statistics.median(elapsed for _, elapsed in own)
            cells += f" {cpu:,.0f} µs ({ratio:.3g} ×) | {per_second:,.0f} |"
        lines.append(f"| {way.title} |{cells}")
    return "\n".join(lines)


def rules(tallies: dict[str, Tally]) -> str:
    common = set.intersection(*(tally.asked for tally in tallies.values()))
    lines = [
        f"| | asked | wrongly accepts | wrongly refuses | answers 500 | of the {len(common)} that all were asked |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, tally in tallies.items():
        wrong = len((tally.accepts | tally.refuses) & common)
        counts = [len(tally.asked), len(tally.accepts), len(tally.refuses), len(tally.crashes)]
        title = "**tollgate-jwt**" if name == OURS else WAYS[name].title
        lines.append(f"| {title} | {' | '.join(map(str, counts))} | {wrong} wrong |")
    return "\n".join(lines)


def write(text: str) -> None:
    start, end = MARKERS
    before, _, rest = DOCUMENT.read_text().partition(start)
    _, _, after = rest.partition(end)
    DOCUMENT.write_text(f"{before}{start}\n{text}\n{end}{after}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short turn, to see that it works")
    parser.add_argument("--write", action="store_true", help="also write the tables into docs/python.md")
    parser.add_argument("--rules", action="store_true", help="only ask about the rules, and name those with a wrong answer")
    arguments = parser.parse_args()
    # Many rules are about keys that cannot be used, or about an algorithm's name that is deprecated.
    logging.disable()
    warnings.simplefilter("ignore")
    turns, seconds, count = (1, 0.05, 40) if arguments.quick else (5, 0.5, 800)
    text = ""
    if not arguments.rules:
        issuers = {algorithm: Issuer(algorithm) for algorithm in ALGORITHMS}
        try:
            text += f"Plain calls:\n\n{table(calls(issuers, turns, seconds), 'calls/s')}\n\n"
            text += f"Requests to a Flask app:\n\n{table(requests(issuers, turns, count), 'requests/s')}\n\n"
        finally:
            for issuer in issuers.values():
                issuer.provider.stop()
    # Only now, because it sets the clocks of the libraries.
    import answers

    tallies = answers.tallies()
    text += f"Rules of [the corpus](conformance.md) that a standard requires:\n\n{rules(tallies)}\n"
    print(text)
    if arguments.rules:
        for name, tally in tallies.items():
            for kind in ["accepts", "refuses", "crashes"]:
                for rule in sorted(getattr(tally, kind)):
                    print(f"{name} {kind} {rule}")
    if tallies[OURS].accepts or tallies[OURS].refuses:
        sys.exit("WRONG: tollgate-jwt breaks a rule")
    if arguments.write:
        write(text)


if __name__ == "__main__":
    main()
