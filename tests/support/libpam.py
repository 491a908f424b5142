"""Asks the libpam of this machine what a stack leads to, with modules that answer as told."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable
from pathlib import Path

_SUCCESS = 0
_FOLDERS = ("/usr/lib/x86_64-linux-gnu/security", "/usr/lib/aarch64-linux-gnu/security", "/usr/lib/security")


class _Message(ctypes.Structure):
    _fields_ = (("style", ctypes.c_int), ("text", ctypes.c_char_p))


class _Response(ctypes.Structure):
    _fields_ = (("text", ctypes.c_char_p), ("code", ctypes.c_int))


_CONVERSE = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.POINTER(_Response)), ctypes.c_void_p
)


class _Conversation(ctypes.Structure):
    _fields_ = (("converse", _CONVERSE), ("data", ctypes.c_void_p))


def debug_module() -> bool:
    """True when pam_debug, which answers with the code in its arguments, is installed."""
    return any(Path(folder, "pam_debug.so").exists() for folder in _FOLDERS)


def authenticator() -> Callable[[Path, str], bool] | None:
    """Give a function that tells whether the auth stack of a service below a folder succeeds; None without libpam."""
    name = ctypes.util.find_library("pam") or "libpam.so.0"
    try:
        library, libc = ctypes.CDLL(name), ctypes.CDLL(None)
        start = library.pam_start_confdir
    except (OSError, AttributeError):
        return None
    libc.calloc.restype = ctypes.c_void_p

    def converse(count: int, _messages: object, answers: object, _data: object) -> int:
        given = ctypes.cast(libc.calloc(count, ctypes.sizeof(_Response)), ctypes.POINTER(_Response))
        answers[0] = given  # type: ignore[index]
        return _SUCCESS

    conversation = _Conversation(_CONVERSE(converse), None)

    def ask(folder: Path, service: str) -> bool:
        handle = ctypes.c_void_p()
        begun = start(service.encode(), b"root", ctypes.byref(conversation), str(folder).encode(), ctypes.byref(handle))
        assert begun == _SUCCESS
        found = library.pam_authenticate(handle, 0)
        library.pam_end(handle, found)
        return bool(found == _SUCCESS)

    return ask
