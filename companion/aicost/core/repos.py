"""Which repository a remote's address names: one key, however the address is written. Pure.

Two checkouts are the same repository if their remotes are: over SSH or HTTPS, with a token or
without. What stands before an `@` is never looked at again, so no credential gets into a key.
"""

import re
from urllib.parse import unquote

_MAX_ADDRESS_CHARS = 2048
_MAX_KEY_CHARS = 200  # longer is no name to be read

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HELPER = re.compile(r"[A-Za-z0-9+.-]+::")  # "ext::…" holds a command, others their own grammar
_ON_DISK = re.compile(r"[./~\\]|[A-Za-z]:[\\/]")
_IP6 = r"\[[0-9A-Fa-f:.]+\]"
_URL = re.compile(rf"({_IP6}|[\w.-]+)(?::\d*)?/(.*)", re.DOTALL)
_SCP_WITH_PORT = re.compile(r"\[?([\w.-]+):\d+\]:(.*)", re.DOTALL)
_SCP = re.compile(rf"({_IP6}|[\w.-]+):(.*)", re.DOTALL)

_SAME_HOST = {  # SSH where only port 443 is open -> the forge's own name
    "altssh.bitbucket.org": "bitbucket.org",
    "altssh.gitlab.com": "gitlab.com",
    "ssh.github.com": "github.com",
}


def repo_key(address: str) -> str:
    """Return `host/path` for a remote's address; for one on a disk, its folder's name.

    Without credentials, port, scheme, `.git`; the host in lower case, the path as written.
    "" if the address cannot be told apart from its credentials, or names no repository.
    """
    address = address.strip()
    if len(address) > _MAX_ADDRESS_CHARS or _HELPER.match(address):
        return ""
    if _ON_DISK.match(address):
        return _checked(_folder_name(address))
    scheme = _SCHEME.match(address)
    rest = unquote(address[scheme.end() :] if scheme else address)
    named, *query = re.split(r"[?#]", rest, maxsplit=1)
    if any("@" in part for part in query):  # a token in the query, or a password with a `?`
        return ""
    named = named.rpartition("@")[2]
    if scheme and scheme[1].lower() == "file":
        return _checked(_folder_name(named))
    if scheme:
        found = _URL.fullmatch(named)
        return _checked(_hosted(found[1], found[2])) if found else ""
    found = _SCP_WITH_PORT.fullmatch(named) or _SCP.fullmatch(named)
    if found:
        return _checked(_hosted(found[1], found[2]))
    return "" if ":" in named.partition("/")[0] else _checked(_folder_name(named))


def repo_label(key: str) -> str:
    """Return a key without its host: enough on a screen. Other names stay as they are."""
    host, _, path = key.partition("/")
    return path if path and "." in host else key


def _hosted(host: str, path: str) -> str:
    host = host.lower().rstrip(".")
    host = _SAME_HOST.get(host, host)
    parts = [part for part in path.split("/") if part]
    if parts:
        parts[-1] = _without_suffix(parts[-1])
    if host == "ssh.dev.azure.com" and parts[:1] == ["v3"]:
        host, parts = "dev.azure.com", parts[1:]
    if host == "dev.azure.com":
        parts = [part for part in parts if part != "_git"]
    if not host or not all(parts) or not parts or {".", ".."} & set(parts):
        return ""
    return "/".join((host, *parts))


def _folder_name(path: str) -> str:
    parts = [part for part in re.split(r"[\\/]", path) if part]
    while parts and parts[-1].lower() in (".git", ".bare"):  # it is known by the folder around it
        parts.pop()
    name = _without_suffix(parts[-1]) if parts else ""
    return "" if name in (".", "..", "~") else name


def _without_suffix(name: str) -> str:
    return name[: -len(".git")] if name.lower().endswith(".git") else name


def _checked(key: str) -> str:
    return key if key.isprintable() and len(key) <= _MAX_KEY_CHARS else ""
