"""The questions that a git repository is asked; nothing is fetched or written, and nothing of it is run as somebody else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from posixpath import normpath

from scanner.collection.linux.probe import Probe
from scanner.collection.linux.text import quoted

NO_FOLDER, NO_STAT, NO_SETPRIV, FOREIGN, NO_GIT, NO_REPOSITORY, ODD_FILE = 44, 45, 46, 47, 48, 49, 50
"""Exit statuses of the probes by which the reader knows why nothing could be asked."""
MOST_REMOTES = 6
MOST_REFS = 20_000
MOST_CHANGES = 5_000
CI_STATUS = ".controlproof/ci-status.json"
LONGEST_STATUS = 65_536

_HEAD = r"""
command -v git >/dev/null || exit @NO_GIT@
[ -d @FOLDER@ ] || exit @NO_FOLDER@
f=$(cd @FOLDER@ && pwd -P) || exit @NO_FOLDER@
o=$(stat -c %u "$f") || exit @NO_STAT@
me=$(id -u)
as=
u=$me
if [ "$o" != "$me" ] && [ "$me" = 0 ]; then
  command -v setpriv >/dev/null || exit @NO_SETPRIV@
  u=$o
  g=$(getent passwd "$o" | cut -d: -f4)
  if [ -n "$g" ]; then
    as="setpriv --reuid=$o --regid=$g --init-groups --no-new-privs"
  else
    as="setpriv --reuid=$o --regid=$(stat -c %g "$f") --clear-groups --no-new-privs"
  fi
fi
HOME=$(getent passwd "$u" | cut -d: -f6)
HOME=${HOME:-/}
export HOME
GIT_CEILING_DIRECTORIES=$(dirname "$f")
export GIT_CEILING_DIRECTORIES
export GIT_TERMINAL_PROMPT=0 GIT_OPTIONAL_LOCKS=0 GIT_NO_LAZY_FETCH=1 GIT_ASKPASS=false SSH_ASKPASS=false GIT_PAGER=cat
export GIT_LITERAL_PATHSPECS=1 GIT_NO_REPLACE_OBJECTS=1 GIT_ALLOW_PROTOCOL=none
export GIT_CONFIG_COUNT=6 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0="$f"
export GIT_CONFIG_KEY_1=core.fsmonitor GIT_CONFIG_VALUE_1=false GIT_CONFIG_KEY_2=core.hooksPath GIT_CONFIG_VALUE_2=/dev/null
export GIT_CONFIG_KEY_3=log.showSignature GIT_CONFIG_VALUE_3=false GIT_CONFIG_KEY_4=core.quotePath GIT_CONFIG_VALUE_4=true
export GIT_CONFIG_KEY_5=submodule.recurse GIT_CONFIG_VALUE_5=false
git="$as git -C"
if [ "$o" != "$me" ] && [ "$me" != 0 ]; then
  own=$(git -C "$f" config --list --name-only --show-scope) || exit @FOREIGN@
  printf '%s\n' "$own" | grep -iqE '^(local|worktree)[[:space:]]+(core\.(askpass|editor|fsmonitor|gitproxy|hookspath|pager|sshcommand|worktree)|credential\.|diff\.|filter\.|gpg\.|http\.|include|protocol\.|remote\..*\.(proxy|uploadpack|vcs)|url\.)' && exit @FOREIGN@
fi
$git "$f" rev-parse --is-bare-repository --is-shallow-repository >/dev/null || exit @NO_REPOSITORY@
"""
_STATE = r"""
printf 'version %s\nfolder %s\n' "$(git --version)" "$f"
$git "$f" rev-parse --is-bare-repository | sed 's/^/bare /'
$git "$f" rev-parse --is-shallow-repository | sed 's/^/shallow /'
printf 'partial %s\n' "$($git "$f" config --get-regexp '^(extensions\.partialclone|remote\..*\.promisor)$' | head -n 1 | cut -c 1-100)"
printf 'branch %s\n' "$($git "$f" symbolic-ref -q --short HEAD)"
head=$($git "$f" rev-parse -q --verify 'HEAD^{commit}')
printf 'head %s\n' "$head"
if [ -n "$head" ]; then
  printf 'last %s\n' "$($git "$f" log -1 --format=%ct HEAD)"
  { timeout 60 $git "$f" rev-list --max-parents=0 --format=%ct HEAD; printf 'rc %s\n' "$?"; } | grep -v '^commit ' | head -n 2000 | sed 's/^/root /'
fi
exit 0
"""
_STATUS = r"""
[ "$($git "$f" rev-parse --is-bare-repository)" = false ] || { echo bare; exit 0; }
{ timeout 90 $git "$f" status --porcelain=v1 --untracked-files=normal --ignore-submodules=all --no-renames; printf 'rc %s\n' "$?"; } | head -n @MOST_CHANGES@
"""
_FSCK = r"""
{ timeout 150 $git "$f" fsck --connectivity-only --no-dangling --no-progress 2>&1; printf 'rc %s\n' "$?"; } | cut -c 1-300 | tail -n 21
"""
_REMOTES = r"""
mask="s,\([a-zA-Z][a-zA-Z0-9+.-]*://\)[^/ ]*@,\1,g; s,\(://[^ ?#]*\)[?#][^ ']*,\1,g"
ssh=$($git "$f" config core.sshCommand) || ssh=ssh
GIT_SSH_COMMAND="$ssh -o BatchMode=yes -o UpdateHostKeys=no -o StrictHostKeyChecking=yes -o ConnectTimeout=10"
export GIT_SSH_COMMAND
names=@REMOTES@
[ -n "$names" ] || names=$($git "$f" remote)
head=$($git "$f" rev-parse -q --verify 'HEAD^{commit}')
printf 'total %s\n' "$(printf '%s\n' "$names" | grep -c .)"
printf '%s\n' "$names" | head -n @MOST_REMOTES@ | while read -r r; do
  [ -n "$r" ] || continue
  printf 'remote %s\n' "$r"
  url=$($git "$f" remote get-url -- "$r" 2>/dev/null | head -n 1)
  case $url in
  *::*) printf 'url %s::\n' "${url%%::*}" ;;
  *://*) printf '%s\n' "$url" | sed -e "$mask" -e 's/^/url /' ;;
  *) printf '%s\n' "$url" | sed -e 's#^[^/:@]*:[^/@]*@##' -e 's/^/url /' ;;
  esac
  refs=$({ GIT_ALLOW_PROTOCOL=@PROTOCOLS@ timeout 20 $git "$f" ls-remote --upload-pack=git-upload-pack -- "$r" </dev/null 2>&1; printf 'rc %s\n' "$?"; } |
    sed -e "$mask" | cut -c 1-1000 | grep -v -e '	refs/pull/' -e '	refs/merge-requests/' -e '\^{}$' -e '	HEAD$' | head -n @MOST_REFS@)
  printf '%s\n' "$refs" | sed 's/^/|/'
  tips=$(printf '%s\n' "$refs" | sed -n 's#^\([0-9a-f]\{40,64\}\)	refs/heads/.*#\1#p')
  [ -n "$tips" ] || { [ -z "$head" ] || printf 'ahead %s\n' "$($git "$f" rev-list --count HEAD)"; continue; }
  known=$(printf '%s\n' "$tips" | $git "$f" cat-file --batch-check='%(objectname) %(objecttype)' | sed -n 's/ commit$//p')
  printf '%s\n' "$known" | sed '/./!d; s/^/known /'
  [ -z "$head" ] || printf 'ahead %s\n' "$({ echo HEAD; printf '%s\n' "$known" | sed '/./!d; s/^/^/'; } | timeout 20 $git "$f" rev-list --count --stdin)"
  [ -n "$known" ] || continue
  printf '%s\n' "$known" | $git "$f" rev-list --no-walk=unsorted --stdin --format='tip %H %ct' | grep '^tip '
  printf '%s\n' "$known" | timeout 20 $git "$f" rev-list --stdin --since=400.days --format='point %H %ct' |
    awk '$1 == "point" { day = int($3 / 86400); if (!(day in seen)) { seen[day] = 1; print } }' | head -n 500
  printf '%s\n' "$known" | timeout 20 $git "$f" rev-list --stdin --max-parents=0 --format='oldest %H %ct' | grep '^oldest ' | sort -n -k 3 | head -n 1
done
exit 0
"""
_DOCUMENT = r"""
d=@DOCUMENT@
if $git "$f" cat-file -e "HEAD:$d" 2>/dev/null; then
  printf 'document @NUMBER@ %s\n' "$(timeout 30 $git "$f" log -1 --format='%ct %H' HEAD -- "$d")"
elif $git "$f" rev-parse -q --verify 'HEAD^{commit}' >/dev/null; then
  echo 'document @NUMBER@ absent'
else
  echo 'document @NUMBER@ unborn'
fi
"""
_CI = r"""
c="$f/@CI_STATUS@"
[ -L "${c%/*}" ] || [ -L "$c" ] && exit @ODD_FILE@
if [ -e "$c" ]; then
  [ -f "$c" ] || exit @ODD_FILE@
  $as head -c @LONGEST@ "$c"
elif [ -d "${c%/*}" ]; then
  $as ls "${c%/*}" >/dev/null || exit 1
  echo absent
else
  [ -x "$f" ] || exit 1
  echo absent
fi
"""
_FETCHING = "https:ssh:git:file:http"


def words(settings: Mapping[str, str], name: str) -> list[str]:
    """Give the items of a setting that is a list."""
    return [each.strip() for each in settings.get(name, "").split(",") if each.strip()]


def documents(settings: Mapping[str, str]) -> list[str]:
    """Give the paths of documents, as git names them."""
    return [normpath(each).lstrip("/") for each in words(settings, "documents")]


def probes(settings: Mapping[str, str]) -> tuple[Probe, ...]:
    """Give the questions; raises ValueError for a folder that is not told as a whole path."""
    folder = settings.get("folder", "")
    if not folder.startswith("/"):
        raise ValueError("folder: the repository's whole path is missing (give the target a folder:)")
    papers = "".join(
        _filled(_DOCUMENT, {"NUMBER": str(number), "DOCUMENT": quoted(path)})
        for number, path in enumerate(documents(settings))
    )
    head = _filled(_HEAD, {"FOLDER": quoted(folder)})
    remotes = _filled(_REMOTES, {"REMOTES": quoted("\n".join(words(settings, "remotes")))})
    return (
        Probe("git.state", head + _STATE, timeout=90, limit=2**18, cost=1),
        Probe("git.ci", head + _filled(_CI, {}), timeout=10, limit=LONGEST_STATUS + 1, cost=2),
        Probe("git.documents", head + papers, timeout=120, limit=2**20, cost=3),
        Probe("git.remotes", head + remotes, timeout=280, limit=16 * 2**20, cost=4),
        Probe("git.status", head + _filled(_STATUS, {}), timeout=100, limit=2 * 2**20, cost=5),
        Probe("git.fsck", head + _FSCK, timeout=160, limit=2**16, cost=9),
    )


_KNOWN = {
    "PROTOCOLS": _FETCHING,
    "NO_FOLDER": NO_FOLDER,
    "NO_STAT": NO_STAT,
    "NO_SETPRIV": NO_SETPRIV,
    "FOREIGN": FOREIGN,
    "NO_GIT": NO_GIT,
    "NO_REPOSITORY": NO_REPOSITORY,
    "ODD_FILE": ODD_FILE,
    "CI_STATUS": CI_STATUS,
    "LONGEST": LONGEST_STATUS + 1,
    "MOST_REMOTES": MOST_REMOTES,
    "MOST_REFS": MOST_REFS + 1,
    "MOST_CHANGES": MOST_CHANGES + 1,
}


def _filled(template: str, own: Mapping[str, str]) -> str:
    """Fill in the words between @: in one pass, so that nothing filled in is taken for a word."""
    known = {**_KNOWN, **own}
    return re.sub(r"@([A-Z_]+)@", lambda found: str(known[found[1]]), template)
