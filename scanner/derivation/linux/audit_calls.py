"""Numbers of the system calls that audit rules are asked for, by machine (as ausyscall(8) gives them)."""

from __future__ import annotations

_MACHINES = ("x86_64", "i386", "aarch64", "arm", "ppc", "s390x", "s390")
_NUMBERS = """
adjtimex 159 124 171 124 124 124 124
settimeofday 164 79 170 79 79 79 79
clock_settime 227 264 112 262 245 259 259
sethostname 170 74 161 74 74 74 74
setdomainname 171 121 162 121 121 121 121
execve 59 11 221 11 11 11 11
execveat 322 358 281 387 362 354 354
creat 85 8 - 8 8 8 8
open 2 5 - 5 5 5 5
openat 257 295 56 322 286 288 288
truncate 76 92 45 92 92 92 92
ftruncate 77 93 46 93 93 93 93
chmod 90 15 - 15 15 15 15
fchmod 91 94 52 94 94 94 94
fchmodat 268 306 53 333 297 299 299
chown 92 182 - 182 181 212 182
fchown 93 95 55 95 95 207 95
fchownat 260 298 54 325 289 291 291
lchown 94 16 - 16 16 198 16
setxattr 188 226 5 226 209 224 224
lsetxattr 189 227 6 227 210 225 225
fsetxattr 190 228 7 228 211 226 226
removexattr 197 235 14 235 218 233 233
lremovexattr 198 236 15 236 219 234 234
fremovexattr 199 237 16 237 220 235 235
mount 165 21 40 21 21 21 21
rename 82 38 - 38 38 38 38
renameat 264 302 38 329 293 295 295
unlink 87 10 - 10 10 10 10
unlinkat 263 301 35 328 292 294 294
init_module 175 128 105 128 128 128 128
finit_module 313 350 273 379 353 344 344
delete_module 176 129 106 129 129 129 129
create_module 174 127 - - 127 127 127
query_module 178 167 - - 166 167 167
"""
_TABLE = {
    words[0]: dict(zip(_MACHINES, words[1:], strict=True)) for words in map(str.split, _NUMBERS.strip().split("\n"))
}
_I386 = ("i386", "i486", "i586", "i686")
_ARM = ("arm", "armv5tejl", "armv6l", "armv7l", "armv8l")
_KERNELS = {
    "x86_64": {"b64": "x86_64", "b32": "i386"},
    "aarch64": {"b64": "aarch64", "b32": "arm"},
    "ppc64le": {"b64": "ppc"},
    "s390x": {"b64": "s390x", "b32": "s390"},
    **{name: {"b32": "i386"} for name in _I386},
    **{name: {"b32": "arm"} for name in _ARM},
}


def machines(architecture: str) -> dict[str, str]:
    """Give the machines whose programs a kernel runs (`uname -m`), by `b64` and `b32`; empty for one that is not known."""
    return _KERNELS.get(architecture, {})


def number(name: str, machine: str) -> str:
    """Give the number of a call as text; empty when the machine lacks it, or the call is not one of ours."""
    found = _TABLE.get(name, {}).get(machine, "-")
    return "" if found == "-" else found


def known(name: str) -> bool:
    """True for the calls of the table."""
    return name in _TABLE


def named(call: str, machine: str) -> str:
    """Give the name of a call that is written as a number, where the table has it; else the call as it stands."""
    if not call.isdecimal():
        return call
    return next((name for name, row in _TABLE.items() if row.get(machine) == str(int(call[:9]))), call)
