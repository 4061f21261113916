"""Runs the benchmarks, says what came out, and writes docs/benchmarks.md anew."""

import math
import os
import platform
from pathlib import Path

from django.db import connection

from tests.benchmarks import (
    disclosures,
    files,
    grants,
    memory,
    packages,
    relevance,
    rows,
    search,
    sequencing,
    verifying,
)
from tests.benchmarks.measure import Figure, Sizes
from tests.benchmarks.scene import scene

BENCHMARKS = {
    "Disclosures": disclosures,
    "Grants": grants,
    "The log": sequencing,
    "Verifying": verifying,
    "Work on rows": rows,
    "Files and versions": files,
    "Packages": packages,
    "Search quality": relevance,
    "Search speed": search,
    "Memory of large files": memory,
}
PAGE = """# Benchmarks

Written by `make bench`; do not edit. The command starts a city of its own (PostgreSQL as `make run` starts it, with
every commit on the disk), measures for some minutes, and rewrites this page. Nothing here is timed in the tests: they
only try that the benchmarks run. `make bench ARGS="--only Disclosures"` measures one section again and leaves the
others as they were measured.

Measured on {machine}.

{tables}
## How to read this

- **Read the ratios.** Seconds depend on the machine and on what else it does at the time; a ratio compares two
  measurements of one run, taken one after the other. A machine that is busy with other work moves ratios too: run it
  twice before you conclude anything from a tenth more or less.
- Clients are processes with a connection of their own, on the same machine as the database and the web server. With
  eight clients on {cores} cores everybody waits for the processor: the share is then one of processor time, because
  a plain insert costs hardly any and the gate has to think.
- **Search quality** is taken on the test half of the judged queries in `tests/relevance`, over 7,557 real records of
  three catalogues; weights and words were tuned on the other half. NDCG@10 is 1 where the ten best records stand in
  the best order. The plain search is one text field of PostgreSQL with English stems, all words required. Where the
  aim is missed, it is by words that the list of civic words does not know, and by questions that say little of what
  the record is called.
- **Search speed** is taken over HTTP on made-up datasets, the same at each run, half of them Chinese, nine of ten
  released, each with 3 columns and some 50 words, of which the common ones stand in about one of ten. A line is one
  kind of question in 60 wordings, words of cities in both languages. "For the first time" each is looked up, by a web
  server and an engine that have just been started; "again" are the same wordings once more, which a search
  finds in the cache, since nothing in the index changed; 16 clients share the cores with the server and the engine.
  "The engine's own" is the call of the engine for a query that was understood before, without the cache.
  `make bench ARGS="--datasets 500000"` measures another number and leaves this page as it is.
- **A disclosure** is `open_rows` and its end under a grant, with a key, a row filter and two masks: the basis, the
  membership and the key are asked anew, and two events are committed, each with its details, each as one planned
  statement. The rows are not read, and the question is the same each time, so its statement is written once. A plain
  insert is the same four rows in the same two transactions, an INSERT for each row, by the driver alone.
- **A grant check** is what every exit asks before its opening event: the basis, the reader's membership and key, the
  dataset and the table, as the database says at this moment; each time another of the reader's grants.
- **From event to receipt** begins after the commit and ends when the receipt under a published checkpoint can be had;
  the sequencer publishes every second (`LOG_CHECKPOINT_SECONDS`). No witness is asked here: each adds its own time.
- **Verifying** is the command of an auditor, from its start to its end, over files on this machine: every entry is
  hashed, every tile read, the signature checked. Over a network, the network decides.
- **A tile** is read by the application from the log's storage. A web server or a CDN may serve the same files.
- **The engine's own time** is the same statement on the same serving copy, without us. A page above it has the
  sign-in by key, the rights, the gate, two durable events, JSON and HTTP in it.
- **Datasette** serves the same rows from SQLite, with indexes on district, born and income, no count asked for and no
  limit of time. It answers a page, and a filter that an index finds, without going through the rows; and it records
  nothing, hides nothing and asks for no key. We sign in, decide, write two durable events and mask, for each.
- **Where a page's time goes**, as profiled in November 2026 on two cores (a page of 100 rows under a grant, with a
  key): the engine 28 %; six statements to the database 18 % (the key, the ways in, the state of the right, the two
  events, the stored count); rows to JSON and their digest 12 %; counting the call 5 %; making models 3 %; Django's and
  the API's layers the rest. Half of it no bare engine does: asking who it is and whether they may, and writing it
  down before the first row.
- **Why a filter is not ten times as fast as in Datasette.** SQLite walks two indexes to a hundred rows in about 1 ms
  and stops; so does our engine (its own time stands above). What remains on both sides is HTTP, and on ours the
  signing in, the right, two durable events and the mask. No engine wins this by being faster: it is the price of a
  gate. Where many rows are gone through, as by a group-by or facets, the engine decides, and the factor is there.
- **Everything** is a grant of all rows and columns; **filter and masks** is one with a row filter, a pseudonym for each
  name, years for dates and bands for incomes.
- Loading has the upload, the types from all rows, the profile of each column and the search for personal data in it,
  and ends when the version is the current one: from then on its pages are answered, from the Parquet file. The serving
  copy is a cache in the engine's own format, built afterwards; how long that takes stands below it. An export has the
  gate, the digest of all that left and HTTP.
- **A package** is made by a worker from its claim to its signed manifest: the rows through the gate, in their format,
  digested clear and sealed, encrypted by age on one core, and stored. The engine's export does none of this.
- **Memory** is the most that a process ever had by then, libraries and the engine's `ENGINE_MEMORY_MB` within it.
  The large file has eight columns of all types, and line breaks within its cells.
- A budget is the design's; where “no” stands, it is not kept on this machine, and that is work to do.
"""


def run(sizes: Sizes, *, only: str = "", say=print) -> dict[str, list[Figure]]:
    """Every benchmark, one after the other; or only the one of this title."""
    made, found = scene(sizes.rows), {}
    for title in [only] if only else BENCHMARKS:
        found[title] = BENCHMARKS[title].measure(made, sizes)
        for figure in found[title]:
            say(f"{figure.name:60} {told(figure):>20}  {figure.budget:10} {verdict(figure)}")
    return found


def write(found: dict[str, list[Figure]], page: Path) -> None:
    """The page of the results; what was not measured now stays as it stands there."""
    tables = {**_standing(page), **{title: table(title, figures) for title, figures in found.items()}}
    kept = "\n".join(tables[title] for title in BENCHMARKS if title in tables)
    page.write_text(PAGE.format(machine=machine(), cores=os.cpu_count() or 1, tables=kept))


def _standing(page: Path) -> dict[str, str]:
    """The tables of the page as it is, by their titles."""
    sections = page.read_text().split("\n## ") if page.exists() else []
    return {text.partition("\n")[0]: f"## {text.rstrip()}\n" for text in sections}


def table(title: str, figures: list[Figure]) -> str:
    """The results of one benchmark in Markdown."""
    rows = [f"| {one.name} | {told(one)} | {one.budget} | {verdict(one)} |" for one in figures]
    return "\n".join([f"## {title}", "", "| what | measured | budget | kept |", "|---|---:|---:|---|", *rows, ""])


def told(figure: Figure) -> str:
    """The number as people read it."""
    value = figure.value
    if math.isnan(value):
        return "not measured"
    return f"{value:,.0f} {figure.unit}" if value >= 100 else f"{value:.3g} {figure.unit}"


def verdict(figure: Figure) -> str:
    """Whether the budget is kept; nothing where there is none."""
    return {True: "yes", False: "no", None: ""}[figure.holds]


def machine() -> str:
    """Its shape, and what runs on it."""
    import duckdb

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (server,) = cursor.fetchone()
    parts = [
        f"{os.cpu_count()} cores (load at the end {os.getloadavg()[0]:.1f}, with what else ran there) of",
        f"{platform.machine()}, {memory:.0f} GB of memory, {platform.system()}, Python {platform.python_version()},",
        f"PostgreSQL {server.split()[0]}, DuckDB {duckdb.__version__}",
    ]
    return " ".join(parts)
