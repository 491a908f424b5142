"""Texts of pg_hba.conf and pg_ident.conf for tests: awkward lines by hand, and generated ones."""

from __future__ import annotations

from hypothesis import strategies as st

AWKWARD = r'''
local   all  all  peer
local "all" "all" trust
host  "a,b",c "d e"  10.0.0.0/8  md5   # inline # comment
host  a,b , +c,"+d" 10.1.2.3 255.255.0.0 scram-sha-256
hostssl app /^app_.*$ .example.com cert map=m clientcert=verify-full
hostnossl /x /y db.example.com reject
host all all samenet scram-sha-256
host all all samehost md5
host replication "replication" all scram-sha-256
host all \
   all 127.0.0.1/32 \
   trust
host all all 10.0.0.0/33 trust
hots all all trust
include more.conf
include_if_exists nowhere.conf
include_dir parts
host @names @nowhere 0.0.0.0/0 md5
host all @names ::/0 md5
local all all ident map=x
hostssl all all 10.0.0.0/8 scram-sha-256 clientcert=verify-ca clientcert=no
host all all 10.0.0.0/8 radius radiusservers="127.0.0.1" radiussecrets="se,cret" radiusports=1
host all all 10.0.0.0/8 radius radiusservers=127.0.0.1 radiussecrets="""s""e"""
host all all 127.1/8 trust
host all all fe80::/10 trust
host all all ::ffff:10.0.0.1/128 trust
host all all 10.0.0.1 255.0.255.0 trust
host all all "all" trust
host all all ""all trust
host all all "" trust
host all,,all "" 10.0.0.0/8,x trust
host all all 10.0.0.0/8 gss include_realm=0
hostgssenc all all ::1/128 trust
local all all trust map=x
local all all trust option
local all "unended
'''
FILES = {
    "more.conf": 'local more "more, all" peer\ninclude_if_exists pg_hba.conf.d\nhost bad\n',
    "names": 'one, "two"\n# nothing\n@deeper three\n',
    "deeper": "four\n",
    "parts/b.conf": "local b all peer\n",
    "parts/a.conf": "local a all peer\ninclude again.txt\n",
    "parts/.hidden.conf": "local hidden all peer\n",
    "parts/again.txt": "local again all trust",
    "parts/B.conf": "local upper all peer\n",
    "loop": "a @loop\n",
    "itself.conf": "local itself all peer\ninclude itself.conf\n",
}
"""Files that texts may include, by name below the data directory."""

_GAPS = st.sampled_from([" ", " ", "\t", "   ", " \\\n ", "\\\n", " \r ", ", ", " ,"])
_JUNK = st.text(alphabet='al"#,\\ \t\r\n@+/.=1:é', max_size=12)
_REGEX = st.sampled_from(
    [
        "/^a",
        "/.*$",
        "/(a|b)",
        "/[a",
        "/a)",
        "/a{2}",
        "/a{2,1}",
        "/a{300}",
        "/*a",
        "/a**",
        "/",
        "/\\",
        "/\\d+",
        "/\\q",
        "/a??",
        "/[]a]",
        "/[[:alpha:]]+",
        "/(",
        "/a{x",
    ]
)
_PLAIN = st.sampled_from(
    ["all", "all", "app", "sameuser", "samerole", "replication", "+staff", "@names", "a b", "é", "/^a"]
)
_ODD = st.one_of(
    st.sampled_from(["@nowhere", "@", "@@", "x" * 300, "x" * 10_239, "x" * 10_240]),
    _REGEX,
    st.text(alphabet='al"#+@/\\', min_size=1, max_size=5),
)
_NAME = st.one_of(_PLAIN, _PLAIN, _PLAIN, _PLAIN, _PLAIN, _ODD)  # fmt: skip
_TYPE = st.sampled_from(
    [*["local", "host", "hostssl", "hostnossl", "hostnogssenc"] * 4, "hostgssenc", "hots", "HOST", "include"]
)
_ADDRESS = st.one_of(
    st.sampled_from(["all", "samehost", "samenet", "0.0.0.0/0", "::/0", "127.0.0.1/32", "10.1.2.3/8", "10/8", "127.1", "0x0a.1/8", "010.0.0.1/8", "::1/128", "fe80::1/64", "fe80::1%1/64", "::ffff:1.2.3.4/120", "db.example.com", ".example.com", "db/8", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/ 8", "10.0.0.0/-1", "10.0.0.0/33", "::/129", "10.0.0.0/8x", "1.2.3.4.5/8", "256.0.0.1/8", "::1.2.3.4/8"]),
    st.tuples(
        st.sampled_from(["10.1.2.3", "10.0.0.0", "::1", "10", "db"]),
        st.sampled_from([" "]),
        st.sampled_from(["255.0.0.0", "255.255.255.255", "0.0.0.0", "255.0.255.0", "ffff::", "::", "24", "x", "255.0.0.0,1", "0xff000000"]),
    ).map("".join),
    st.ip_addresses().map(lambda address: f"{address}/{int(address) % 33}"),
)  # fmt: skip
_METHOD = st.sampled_from(
    [
        "trust",
        "reject",
        "md5",
        "password",
        "scram-sha-256",
        "ident",
        "peer",
        "cert",
        "radius",
        "bsd",
        "sspi",
        "Trust",
        "oauth",
        "nothing",
    ]
)
_FITTING = {False: ["trust", "reject", "md5", "scram-sha-256"], True: ["peer", "ident", "trust", "scram-sha-256"]}
_OPTION = st.sampled_from(["map=m", "map=", "=x", "map", "clientcert=verify-full", "clientcert=verify-ca", "clientcert=1", "clientname=CN", "clientname=X", "krb_realm=X", "radiusservers=127.0.0.1", 'radiusservers="127.0.0.1, ::1"', "radiussecrets=s", 'radiussecrets="s,t"', 'radiussecrets="s,,t"', 'radiussecrets="s t"', 'radiussecrets=" s , t "', "radiusports=1645", "radiusports=x", 'radiusports="1,2"', "radiusidentifiers=i", "ldapserver=x", "nothing=1", "Map=m", "pamservice=x"])  # fmt: skip


def _spelt(word: str) -> st.SearchStrategy[str]:
    quoted = f'"{word.replace(chr(34), chr(34) * 2)}"'
    return st.sampled_from([word, word, word, quoted, quoted, f'{word}""', f'""{word}'])


def _list(of: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    between = st.sampled_from([",", ",", ", ", ",\t", ",,"])
    words = st.lists(of.flatmap(_spelt), min_size=1, max_size=3)
    return st.tuples(words, between).map(lambda drawn: drawn[1].join(drawn[0]))


@st.composite
def _rule(draw: st.DrawFn) -> str:
    kind = draw(_TYPE)
    parts = [draw(_spelt(kind)), draw(_list(_NAME)), draw(_list(_NAME))]
    if kind != "local":
        address = draw(_ADDRESS)
        parts.append(address if " " in address else draw(_spelt(address)))
    parts.append(draw(_spelt(draw(st.one_of(st.sampled_from(_FITTING[kind == "local"]), _METHOD)))))
    parts += draw(st.one_of(st.just([]), st.lists(_OPTION.flatmap(_spelt), max_size=2)))
    if draw(st.integers(0, 9)) == 0:
        parts.pop(draw(st.integers(0, len(parts) - 1)))
    return "".join(part + draw(_GAPS) for part in parts)


_INCLUDE = st.tuples(
    st.sampled_from(["include", "include_if_exists", "include_dir", '"include"', "includes"]),
    st.sampled_from([*FILES, "nowhere", "parts", "parts/", "./parts/../names", '" "', "more.conf x", "more.conf,x", '"more.conf"']),
).map(" ".join)  # fmt: skip
_MAPPING = st.tuples(
    _list(st.sampled_from(["m", "a b", "é", "@names", "@deeper"])),
    _list(_NAME),
    _list(st.one_of(_NAME, st.sampled_from(["\\1", "x\\1"]))),
    st.sampled_from(["", " more", " # note"]),
).map(" ".join)


def _file(line: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    ends = st.sampled_from(["\n", "\n", "\n", "\r\n", "\n\n", " # c\n", "\\\n", ""])
    lines = st.lists(
        st.tuples(st.one_of(line, line, line, line, line, line, _INCLUDE, _JUNK), ends).map("".join),
        min_size=1,
        max_size=12,
    )
    return lines.map("".join)


HBA = _file(_rule())
"""Texts of pg_hba.conf."""
IDENT = _file(_MAPPING)
"""Texts of pg_ident.conf."""
