"""Cold starts of the command beside a bare interpreter, and the modules that they import."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tests.benchmarks.figures import ROOT, Figure, Used, run

COUNT = "import sys; from scanner.cli import main\ntry: main({words!r})\nexcept SystemExit: pass\nsys.stderr.write(str(len(sys.modules)))"


def figures(*, quick: bool) -> Iterator[Figure]:
    """CPU seconds of whole processes, the fastest of several."""
    times = 3 if quick else 10
    bare = _fastest(["-c", "pass"], times)
    yield Figure("python -c pass", bare.cpu, "s", note=f"{bare.seconds:.3f} s by the clock")
    for words, goal in ((["--version"], 0.15), (["--help"], None), (["rules", "list"], None)):
        found = _fastest(["-m", "scanner", *words], times)
        note = f"{found.seconds:.3f} s by the clock, {found.cpu / bare.cpu:.1f} of the bare interpreter, {_modules(words)} modules"
        yield Figure(f"controlproof {' '.join(words)}", found.cpu, "s", goal, note=note)


def _fastest(words: list[str], times: int) -> Used:
    runs = [run([sys.executable, *words], cwd=ROOT) for _ in range(times)]
    assert all(each.status == 0 for each in runs)
    return min(runs, key=lambda each: each.cpu)


def _modules(words: list[str]) -> int:
    import subprocess

    done = subprocess.run([sys.executable, "-c", COUNT.format(words=words)], capture_output=True, text=True, cwd=ROOT)
    return int(done.stderr)
