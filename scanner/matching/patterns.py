"""Regular expressions of rules: RE2, so that no text of a scanned host can make them run away."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

LONGEST = 64 * 2**10
"""Characters of a text that a pattern is applied to; a longer one is an error, not a verdict."""


@lru_cache(maxsize=4096)
def pattern(text: str) -> Any:
    """Compile a regular expression in RE2 syntax.

    Raises ValueError whose text reads `what is wrong (what to do)`.
    """
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except (re2.error, UnicodeEncodeError) as wrong:
        said = wrong.args[0].decode("utf-8", "replace") if wrong.args and isinstance(wrong.args[0], bytes) else wrong
        remedy = "write RE2 syntax, which has no look-around and no back-references"
        raise ValueError(f"{text!r} is no regular expression: {said} ({remedy})") from None
