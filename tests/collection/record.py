"""Records cases from a real host: `python -m tests.collection.record FACT CASE SAYS WHERES [PREFIX…]`.

WHERES is a JSON list of `where` maps; PREFIX is the command that reaches the host, such as `nsenter -t PID -a`.
With `SCRUB=old=new,…` in the environment, names of the machine are replaced in the outputs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

from scanner.collection.linux.host import describe
from scanner.collection.linux.stream import read
from scanner.model.evidence import Query
from tests.collection.recorded import HOME, collector_of, save


def main(fact: str, case: str, says: str, wheres: str, *prefix: str) -> None:
    """Ask, scrub, read, write."""
    queries = [Query.of(fact, where) for where in json.loads(wheres)]
    script = describe(queries)
    done = subprocess.run([*prefix, *script.words], input=script.text, capture_output=True)
    reading = read(done.stdout, script, stderr=done.stderr, status=done.returncode)
    if reading.gap:
        sys.exit(str(reading.gap))
    outputs = dict(reading.outputs)
    for pair in filter(None, os.environ.get("SCRUB", "").split(",")):
        old, new = pair.split("=")
        outputs = {
            name: replace(
                output,
                stdout=output.stdout.replace(old.encode(), new.encode()),
                stderr=output.stderr.replace(old, new),
            )
            for name, output in outputs.items()
        }
    answers = collector_of(fact).answer(queries, outputs, reading.session)
    save(HOME / fact / case, says, answers, outputs, reading.session)
    for answer in answers:
        print(answer.query, answer.gap or "", len(answer.rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
