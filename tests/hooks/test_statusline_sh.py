"""statusline.sh, run by real shells: it shows what the daemon prepared, and nothing else."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from builders import NOW, status_line
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab.waiting import until

from aicost.core.hook_files import Where, status_line_command, where_text
from aicost.core.status_line import ALPHABET, FOLDER, HOLDS_S, LINES, TOLD, UNTIL, prepared
from aicost.daemon.status_line_files import StatusLineFiles

SCRIPT = Path(__file__).parents[2] / "hooks" / "aicost_hooks" / "statusline.sh"
KNOWN = (("dash",), ("bash", "--posix"), ("bash",), ("busybox", "ash"), ("ksh",), ("zsh",))
SHELLS = [words for words in KNOWN if shutil.which(words[0])] or [("sh",)]
SESSION = "808a1f9b-a028-42a8-8063-3b1d120f7fec"


def said(**fields: object) -> str:
    """Return what a client writes."""
    return json.dumps({"session_id": SESSION, **fields}, separators=(",", ":"))


PAYLOAD = said(cost={"total_cost_usd": 0.25})
LINE = "1 28 $3.20 ~m today $18.42 ~y~w82%~0\n1 5 $3.20\n2 6 5h 42%\n"
PAINTED = "$3.20 · today $18.42 \x1b[33m▲82%\x1b[0m\n5h 42%\n"
PLAIN = "$3.20 · today $18.42 ▲82%\n5h 42%\n"
WIDE = {"COLUMNS": "120"}


@dataclass
class Screen:
    """One data folder and run folder, and a shell that runs the client's command there."""

    folder: Path
    shell: tuple[str, ...]
    other: str = ""
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hooks.mkdir(parents=True)
        shutil.copy(SCRIPT, self.hooks)
        run_dir, hook = str(self.folder / "run"), str(self.folder / "aicost-hook")
        where = Where(run_dir=run_dir, hook=hook, fail="open", daemon_pid=0)
        (self.hooks / "where").write_text(where_text(where))
        self.files = StatusLineFiles(self.folder / "run", os.getpid())
        self.files.clear()

    @property
    def hooks(self) -> Path:
        return self.folder / "data" / "hooks"

    @property
    def shared(self) -> Path:
        return self.folder / "run" / FOLDER

    @property
    def line(self) -> Path:
        return self.shared / LINES / SESSION

    @property
    def told(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in (self.shared / TOLD).iterdir()}

    def prepare(self, text: str = LINE) -> None:
        """Be the daemon."""
        self.files.show({SESSION: text}, time.time())

    def run(self, payload: str | bytes = PAYLOAD, **env: str) -> str:
        """Return what is shown. Nothing is ever said beside it, and the end is always 0."""
        ended = subprocess.run(
            [*self.shell, "-c", status_line_command(str(self.hooks), self.other)],
            input=payload if isinstance(payload, bytes) else f"{payload}\n".encode(),
            env={"PATH": os.environ["PATH"]} | WIDE | self.env | env,
            capture_output=True,
            check=False,
            timeout=30,
        )
        assert (ended.returncode, ended.stderr) == (0, b"")
        return ended.stdout.decode()


@pytest.fixture(scope="module", params=SHELLS, ids=" ".join)
def shell(request: pytest.FixtureRequest) -> tuple[str, ...]:
    words: tuple[str, ...] = request.param
    return words


@pytest.fixture
def screen(tmp_path: Path, shell: tuple[str, ...]) -> Screen:
    """A screen in a folder whose name needs every quote."""
    folder = tmp_path / 'it\'s $HOME `x` "here" (é)'
    folder.mkdir()
    return Screen(folder, shell)


# What is shown


def test_both_lines_are_shown_with_signs_beside_colours(screen: Screen) -> None:
    screen.prepare()
    assert screen.run() == PAINTED
    assert screen.run(NO_COLOR="1") == PLAIN
    assert screen.run(NO_COLOR="") == PAINTED


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        ("33", PLAIN),
        ("32", "$3.20\n5h 42%\n"),
        ("11", "$3.20\n5h 42%\n"),
        ("10", "$3.20\n"),
        ("9", ""),
        ("0", PLAIN),
        ("", PLAIN),  # as 80
        ("wide", PLAIN),
        ("-1", PLAIN),
        ("99999", PLAIN),
        ("020", "$3.20\n5h 42%\n"),
    ],
)
def test_the_widest_that_fits_is_shown(screen: Screen, columns: str, shown: str) -> None:
    screen.prepare()
    assert screen.run(COLUMNS=columns, NO_COLOR="1") == shown


def test_whatever_the_daemon_prepares_is_shown_as_it_is_meant(screen: Screen) -> None:
    """Of a line of the real thing no letter is lost, at any width, and none is too wide."""
    screen.prepare(prepared(status_line()))
    for columns in range(10, 190, 7):
        shown = screen.run(COLUMNS=str(columns), NO_COLOR="1").splitlines()
        assert 1 <= len(shown) <= 2
        assert all(len(line) <= columns - 5 for line in shown)
        assert not any("~" in line for line in shown)
    assert screen.run(COLUMNS="200").splitlines()[0].startswith("session $3.20 · today $20.42 of")


@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8", ""])
def test_the_locale_does_not_matter(screen: Screen, locale: str) -> None:
    screen.prepare()
    assert screen.run(LC_ALL=locale, NO_COLOR="1") == PLAIN


def test_variables_of_the_clients_environment_mean_nothing(screen: Screen) -> None:
    names: tuple[str, ...] = (
        "R",
        "H",
        "F",
        "P",
        "S",
        "L",
        "A",
        "k",
        "w",
        "t",
        "o",
        "n",
        "one",
        "two",
        "red",
    )
    names += ("aicost_p", "aicost_o", "AICOST_C", "AICOST_D", "IFS", "CDPATH")
    screen.prepare()
    assert screen.run(**dict.fromkeys(names, "1")) == PAINTED


# Who is there


def test_a_daemon_that_is_gone_shows_nothing(screen: Screen) -> None:
    screen.prepare()
    ended = subprocess.Popen(["true"])
    ended.wait()
    (screen.shared / UNTIL).write_text(f"{ended.pid}\n")
    later = time.time() + HOLDS_S
    os.utime(screen.shared / UNTIL, (later, later))
    assert screen.run() == ""


def test_a_daemon_that_hangs_shows_nothing_after_a_while(screen: Screen) -> None:
    screen.prepare()
    assert screen.run() == PAINTED
    just_now = time.time() - 0.01
    os.utime(screen.shared / UNTIL, (just_now, just_now))
    assert screen.run() == ""


@pytest.mark.parametrize("content", ["", "\n", "x\n", "0\n", "-1\n", "1 2\n", "1" * 30, "\x00"])
def test_a_file_that_names_no_process_shows_nothing(screen: Screen, content: str) -> None:
    screen.prepare()
    (screen.shared / UNTIL).write_text(content)
    later = time.time() + HOLDS_S
    os.utime(screen.shared / UNTIL, (later, later))
    assert screen.run() == ""


@pytest.mark.parametrize("gone", ["run", "run/statusline", "run/statusline/in", "data/hooks/where"])
def test_without_its_files_it_shows_nothing(screen: Screen, gone: str) -> None:
    screen.prepare()
    place = screen.folder / gone
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    assert screen.run() == ""


@pytest.mark.parametrize("what", ["link", "folder", "pipe"])
@pytest.mark.parametrize("name", ["line", "until", "told", "where"])
def test_what_lies_in_a_files_place_is_not_read_or_written(
    screen: Screen, name: str, what: str
) -> None:
    screen.prepare()
    place = {
        "line": screen.line,
        "until": screen.shared / UNTIL,
        "told": screen.shared / TOLD / SESSION,
        "where": screen.hooks / "where",
    }[name]
    elsewhere = screen.folder / "elsewhere"
    if place.exists():
        shutil.move(place, elsewhere)
    else:
        elsewhere.write_text("theirs")
    before = elsewhere.read_bytes()
    if what == "link":
        place.symlink_to(elsewhere)
    elif what == "folder":
        place.mkdir()
    elif name == "told":
        return  # a pipe there would be of our own making
    else:
        os.mkfifo(place)
    assert screen.run() == ""
    assert elsewhere.read_bytes() == before


# What is handed over


def test_what_the_client_says_reaches_the_daemon_whole(screen: Screen) -> None:
    payload = said(cwd="/a b\\n'$(x)`y` \t é", n="x" * 9_000)
    screen.run(payload, COLUMNS="1")
    assert screen.told == {SESSION: f"{payload}\n"}
    path = screen.shared / TOLD / SESSION
    assert path.stat().st_mode & 0o777 == 0o600
    ((name, _, content),), names = screen.files.told(time.time())
    assert (name, json.loads(content)) == (SESSION, json.loads(payload))
    assert names == {SESSION}


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_it_reads_to_the_end_whatever_that_is(screen: Screen, end: str) -> None:
    screen.prepare()
    assert screen.run((PAYLOAD + end).encode()) == PAINTED
    assert json.loads(screen.told[SESSION]) == json.loads(PAYLOAD)


def test_a_payload_on_many_lines_is_taken_too(screen: Screen) -> None:
    screen.prepare()
    indented = json.dumps(json.loads(PAYLOAD), indent=1)
    assert screen.run(indented, CLAUDE_CODE_SESSION_ID=SESSION) == PAINTED
    assert json.loads(screen.told[SESSION]) == json.loads(PAYLOAD)


@pytest.mark.parametrize(
    "session_id",
    [
        "",
        "../../etc/passwd",
        "a/b",
        "a b",
        "a;b",
        "$(x)",
        "é",
        ".",
        "..",
        "a" * 129,
        "\\u0041",
        "*",
    ],
)
def test_a_session_that_is_no_name_is_none(screen: Screen, session_id: str) -> None:
    screen.prepare()
    before = sorted(screen.folder.rglob("*"))
    assert screen.run(f'{{"session_id":"{session_id}"}}') == ""
    assert sorted(screen.folder.rglob("*")) == before


def test_a_text_in_the_payload_names_no_session(screen: Screen) -> None:
    screen.prepare()
    name = '"session_id":"other"'
    named = json.dumps({"session_name": name, "session_id": SESSION}, separators=(",", ":"))
    assert screen.run(named) == PAINTED
    assert list(screen.told) == [SESSION]


def test_a_payload_that_is_too_large_is_nobodys(screen: Screen) -> None:
    screen.prepare()
    assert screen.run(said(x="y" * 66_000)) == ""
    assert screen.told == {}


@pytest.mark.parametrize("payload", [b"", b"\n", b"{", b"null", b"\x00\xff\xfe", b'"session_id":"'])
def test_garbage_of_a_client_shows_nothing(screen: Screen, payload: bytes) -> None:
    screen.prepare()
    assert screen.run(payload) == ""
    assert screen.told == {}


# The other command


def test_the_other_command_comes_first_and_gets_the_same(screen: Screen) -> None:
    screen.prepare()
    screen.other = "cat; echo \"it's $((6 * 7))\"\nprintf 'second\\n\\n'"
    assert screen.run(NO_COLOR="1") == f"{PAYLOAD}\nit's 42\nsecond\n{PLAIN}"


def test_a_large_payload_reaches_the_other_command_whole(screen: Screen) -> None:
    screen.prepare()
    screen.other = "wc -c"
    payload = said(x="é$`\\n" * 3_000)
    assert screen.run(payload).splitlines()[0].strip() == str(len(payload.encode()) + 1)


def test_the_other_command_sees_its_environment_as_it_was(screen: Screen) -> None:
    screen.prepare()
    screen.other = 'echo "$R $H $F $P $S $LC_ALL $COLUMNS $1"; umask'
    env = {"R": "r", "H": "h", "F": "f", "P": "p", "S": "s", "LC_ALL": "C"}
    shown = screen.run(**env).splitlines()
    assert shown[0] == "r h f p s C 120 "
    old = os.umask(0o022)
    os.umask(old)
    assert int(shown[1], 8) == old


@pytest.mark.parametrize("other", ["exit 3", "echo half; exit 1", "false", "no-such-program", ")"])
def test_another_command_that_fails_takes_nothing_of_ours(screen: Screen, other: str) -> None:
    screen.prepare()
    screen.other = f"exec 2>/dev/null; {other}" if other != ")" else "eval ')' 2>/dev/null"
    assert screen.run() == PAINTED


def test_another_command_that_is_slow_is_ended_with_all_it_started(screen: Screen) -> None:
    screen.prepare()
    mark = screen.folder / "mark"
    screen.other = f"sleep 987 | cat & echo $$ >'{mark.name}'; sleep 987"
    screen.other = f'cd /; cd "$PLACE"; {screen.other}'
    start = time.monotonic()
    assert screen.run(PLACE=str(screen.folder)) == PAINTED
    assert time.monotonic() - start < 10
    pid = int(mark.read_text())
    until(lambda: not psutil.pid_exists(pid), "the end of the other command")
    until(lambda: not list(sleeping()), "the end of what it started")


def sleeping() -> Iterator[psutil.Process]:
    for process in psutil.process_iter(["cmdline"]):
        if process.info["cmdline"] == ["sleep", "987"]:
            yield process


def test_without_a_program_for_it_a_slow_command_is_ended_too(screen: Screen) -> None:
    """On macOS there is no `timeout`; its sh is a bash."""
    if screen.shell[0] == "zsh":
        pytest.skip("nobody's sh")
    programs = screen.folder / "bin"
    programs.mkdir()
    for name in ("sh", "sleep", "cat", screen.shell[0]):
        (programs / name).symlink_to(shutil.which(name) or "")
    screen.prepare()
    screen.env = {"PATH": str(programs)}
    screen.other = "cat"
    assert screen.run() == f"{PAYLOAD}\n{PAINTED}"
    screen.other = "echo no; exit 1"
    assert screen.run() == PAINTED
    screen.other = "exec sleep 986"
    start = time.monotonic()
    assert screen.run() == PAINTED
    assert time.monotonic() - start < 10


def test_the_other_command_is_shown_while_nobody_else_is_there(screen: Screen) -> None:
    screen.other = "echo theirs"
    assert screen.run() == "theirs\n"
    assert screen.run(b"garbage") == "theirs\n"
    for name in ("where", "statusline.sh"):
        (screen.hooks / name).unlink()
        assert screen.run() == "theirs\n"
    shutil.rmtree(screen.folder)
    assert screen.run() == "theirs\n"


# Hostile files


@pytest.mark.parametrize(
    "line",
    [
        "1 5 \x1b[31mred",
        "1 5 a\x1b]0;title\x07",
        "1 5 \x9b31m",
        "1 5 \\033[31m",
        "1 5 a\\tb",
        "1 5 é",
        "1 5 [31m",
        "1 5 `id`",
        "1 5 a\rb",
        "1 5 a\x00b\x08",
        "1 x $3.20",
        "1 -5 $3.20",
        "1 1000 $3.20",
        "1  ",
        "3 5 $3.20",
        "1 5 " + "a" * 601,
        "",
    ],
)
def test_a_line_that_is_none_of_ours_is_not_shown(screen: Screen, line: str) -> None:
    screen.prepare(f"{line}\n2 2 ok\n")
    assert screen.run() == "ok\n"


def test_signs_that_nobody_knows_are_nothing(screen: Screen) -> None:
    screen.prepare("1 5 a~zb~~c~\n")
    assert screen.run() == "abc\n"


def test_a_file_without_end_is_read_to_a_point(screen: Screen) -> None:
    screen.prepare("1 9 $\n" * 40 + "2 2 no\n")
    assert screen.run() == "$\n"


def test_every_sign_is_shown_or_not_as_the_alphabet_has_it(screen: Screen) -> None:
    """One alphabet in two languages."""
    for code in range(1, 256):
        if chr(code) in "\n \t~":  # ends a line, is cut off, or names a sign
            continue
        screen.line.parent.mkdir(exist_ok=True)
        (screen.line).write_bytes(b"1 3 a" + bytes([code]) + b"b\n2 2 ok\n")
        screen.files.show({}, time.time())
        if code % 16 == 1 or ALPHABET.fullmatch(chr(code)) is None:
            expected = f"a{chr(code)}b\nok\n" if ALPHABET.fullmatch(chr(code)) else "ok\n"
            assert screen.run() == expected, code


LINES_OF_ANY = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.builds(
            lambda k, w, t: b"%d %d %s" % (k, w, t),
            st.integers(0, 3),
            st.integers(-1, 2000),
            st.one_of(st.binary(max_size=30), st.from_regex(ALPHABET).map(str.encode)),
        ),
    ),
    max_size=8,
).map(b"\n".join)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=LINES_OF_ANY, payload=st.binary(max_size=60))
def test_whatever_files_and_clients_say_nothing_escapes(
    screen: Screen, content: bytes, payload: bytes
) -> None:
    screen.prepare("")
    screen.line.write_bytes(content)
    whole = PAYLOAD.encode()[:-1] + b', "x": "' + payload.replace(b'"', b"") + b'"}'
    shown = screen.run(whole)
    assert re.fullmatch(r"(([ -}▲■○·≥→…]|\x1b\[(0|31|33)m)*\n){0,2}", shown), shown


def test_the_fixture_is_a_line_of_now() -> None:
    assert status_line().now - NOW < timedelta(seconds=1)
