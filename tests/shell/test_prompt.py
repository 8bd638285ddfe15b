"""The badge in the prompts of real shells: what it shows, when it goes, what it survives."""

import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from commands import PACKAGES
from prompts import FOLDER, LINE, PROMPT, SHELLS, SHOWN, Setting, setting

from aicost.core.badge import (
    ALPHABET,
    ASCII_FORMAT,
    DEFAULT_FORMAT,
    FIELDS,
    Badge,
    badge_line,
    written,
)

BARE = PROMPT
BADGED = f"{SHOWN} {PROMPT}"
QUICK_S = 1.5  # far less than a reader that waits for a fifo would take, on a busy machine


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, home: Path) -> Setting:
    name: str = request.param
    return setting(name, home)


def line(**fields: str) -> str:
    """Return a badge's file with these fields."""
    return "\t".join({"level": "ok", **fields}.get(name, "") for name in FIELDS) + "\n"


# What it shows


@pytest.mark.parametrize(
    ("level", "percent", "shown", "colour"),
    [
        ("ok", "", "⬡ $3.20", "32"),
        ("ok", "79", "⬡ $3.20 79%", "32"),
        ("warn", "80", "⬡ $3.20 ▲80%", "33"),
        ("serious", "95", "⬡ $3.20 ■95%", "31"),
        ("over", "130", "⬡ $3.20 ■130%", "31"),
    ],
)
def test_level_is_told_by_colour_and_sign(
    shell: Setting, level: str, percent: str, shown: str, colour: str
) -> None:
    shell.badges.today(line(level=level, cost="$3.20", percent=percent))
    with shell.open() as prompt:
        prompt.wait_for(f"{shown} {PROMPT}")
        painted = prompt.painted()
    assert re.match(rf"(\x1b\[1m)?\x1b\[(1;)?{colour}m{re.escape(shown)}\x1b\[", painted), painted
    assert ("1m" in painted.split("⬡")[0].replace("31m", "")) is (level == "over")


def test_this_shell_comes_before_its_repository_and_that_before_the_day(
    shell: Setting, tmp_path: Path
) -> None:
    repo = tmp_path / "a repo" / "50% off"
    (repo / "src" / "deep").mkdir(parents=True)
    with shell.open(cwd=repo / "src" / "deep") as prompt:
        assert prompt.last() == BARE  # nothing ran today
        shell.badges.today(line(cost="$9.00"))
        assert prompt.after() == f"⬡ $9.00 {PROMPT}"
        file = shell.badges.of_repo(repo, line(cost="$5.00"))
        assert prompt.after() == f"⬡ $5.00 {PROMPT}"
        shell.badges.of_shell(prompt.pid, LINE)
        shell.badges.of_shell(prompt.pid + 1, line(cost="$7.00"))
        assert prompt.after() == BADGED
        (shell.badges.path / "shell" / str(prompt.pid)).unlink()
        assert prompt.after("cd ../../../..") == f"⬡ $9.00 {PROMPT}"  # (short: a line has an end)
        assert prompt.after("cd 'a repo/50% off'") == f"⬡ $5.00 {PROMPT}"
        file.unlink()
        (shell.badges.path / "today").unlink()
        assert prompt.after() == BARE


def test_the_innermost_of_nested_repositories_counts(shell: Setting, tmp_path: Path) -> None:
    inner = tmp_path / "outer" / "vendor" / "inner"
    inner.mkdir(parents=True)
    shell.badges.of_repo(tmp_path / "outer", line(cost="$1.00"))
    shell.badges.of_repo(inner, line(cost="$2.00"))
    with shell.open(cwd=inner) as prompt:
        assert prompt.last() == f"⬡ $2.00 {PROMPT}"
        assert prompt.after("cd ..") == f"⬡ $1.00 {PROMPT}"


def test_agents_see_which_shell_they_were_started_from(shell: Setting) -> None:
    shell.env["AICOST_SHELL"] = "1"  # of the shell around it
    with shell.open() as prompt:
        assert prompt.output("sh -c 'echo $AICOST_SHELL'") == [str(prompt.pid)]


FULL = Badge(
    cost_nusd=3_200_000_000,
    unpriced_tokens=10,
    tokens=1_234_567,
    state="busy",
    sessions=2,
    nusd_per_hour=6_100_000_000,
    context_share=0.415,
    task="bugfix",
)
BARELY = Badge(cost_nusd=None, unpriced_tokens=12, state="ended", sessions=1)
FORMATS = [
    ("{cost}", "$3.20"),
    ("[{level} {cost} {state} {tokens} {burn} {context} {task}]", ""),
    ("{tokens}|{burn}", "1.2M|$6.10/h"),
    ("no such {thing}, {cost", "no such {thing}, {cost"),
    ("100% \\[x\\] \\u $HOME `id` $(id) %n %F{{red}} ! {cost}", None),
    ("{cost} {sign}{percent} ctx {context}", "$3.20 ▲82% ctx 41%"),
]


@pytest.mark.parametrize(("template", "shown"), FORMATS, ids=[form for form, _ in FORMATS])
def test_a_format_of_the_users_own(shell: Setting, template: str, shown: str | None) -> None:
    """Whatever is in it is text: no shell reads it as a prompt's own language."""
    if shown == "":
        shown = "[warn $3.20 busy 2 1.2M $6.10/h 41% bugfix]"
    if shown is None:
        template = template.replace("{{red}}", "(red)")
        shown = template.replace("{cost}", "$3.20")
    shell.badges.today(LINE)
    shell.env["AICOST_BADGE_FORMAT"] = template
    with shell.open() as prompt:
        prompt.wait_for(f"{shown} {PROMPT}")


EMPTY = [
    "{percent} {cost}",
    "{cost} {percent}",
    "{cost} {percent} {burn} x",
    "a {task} b",
    "{task}",
]


@pytest.mark.parametrize("template", EMPTY)
def test_an_empty_field_takes_a_space_with_it(shell: Setting, template: str) -> None:
    shell.badges.today(line(cost="$1.00"))
    shell.env["AICOST_BADGE_FORMAT"] = template
    text = " ".join(template.replace("{cost}", "$1.00").split())
    text = " ".join(word for word in text.split() if not word.startswith("{"))
    with shell.open() as prompt:
        prompt.wait_for(f"{text} {PROMPT}".strip())


@pytest.mark.parametrize("is_ascii", [False, True])
@pytest.mark.parametrize("badge", [FULL, BARELY], ids=["all", "little"])
def test_a_prompt_and_aicost_badge_say_the_same(
    shell: Setting, badge: Badge, is_ascii: bool
) -> None:
    shell.badges.today(badge_line(badge))
    template = "{cost} {sign}{percent} {state}, {tokens} {burn} {context} {task} {level}"
    shell.env |= {"AICOST_BADGE_FORMAT": template, "AICOST_BADGE_ASCII": "1" if is_ascii else ""}
    with shell.open() as prompt:
        assert prompt.last() == f"{written(badge, template, is_ascii=is_ascii)} {PROMPT}"
        default = ASCII_FORMAT if is_ascii else DEFAULT_FORMAT
        shown = prompt.after(shell.unset("AICOST_BADGE_FORMAT"))
        assert shown == f"{written(badge, default, is_ascii=is_ascii)} {PROMPT}"


def test_a_cost_at_least_and_signs_of_ascii(shell: Setting) -> None:
    shell.badges.today(line(level="over", cost="≥$3.20", percent="101"))
    with shell.open() as prompt:
        assert prompt.last() == f"⬡ ≥$3.20 ■101% {PROMPT}"
        assert prompt.after(shell.set("AICOST_BADGE_ASCII", "1")) == f">=$3.20 !!!101% {PROMPT}"
        shell.badges.today(line(level="warn", cost="<$0.01", percent="80"))
        assert prompt.after() == f"<$0.01 !80% {PROMPT}"
        assert prompt.after(shell.unset("AICOST_BADGE_ASCII")) == f"⬡ <$0.01 ▲80% {PROMPT}"


def test_a_locale_without_utf_8_gets_ascii(shell: Setting) -> None:
    shell.env |= {"LANG": "C", "LC_ALL": "C"}
    shell.badges.today(LINE)
    with shell.open() as prompt:
        prompt.wait_for(f"$3.20 !82% {PROMPT}")


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_colours_can_be_had_without(shell: Setting, env: dict[str, str]) -> None:
    shell.env |= env
    shell.badges.today(LINE)
    with shell.open() as prompt:
        prompt.wait_for(BADGED)
        assert prompt.painted().startswith(SHOWN)


def test_it_can_be_hidden_while_it_is_there(shell: Setting) -> None:
    shell.badges.today(LINE)
    with shell.open() as prompt:
        assert prompt.after(shell.set("AICOST_BADGE_OFF", "1")) == BARE
        assert prompt.after(shell.unset("AICOST_BADGE_OFF")) == BADGED
        assert prompt.after(shell.set("AICOST_BADGE_SIDE", "none")) == BARE


# Where it stands


def test_it_takes_the_room_that_it_says(shell: Setting) -> None:
    """A shell that counted colours as signs would put the cursor and line breaks elsewhere."""
    shell.badges.today(LINE)
    with shell.open() as prompt:
        prompt.wait_for(BADGED)
        start = len(BADGED) + 1
        prompt.wait_for_cursor(start)
        prompt.terminal.press("a", "b", "c", "C-a")
        prompt.terminal.wait_for("abc")
        prompt.wait_for_cursor(start)
        prompt.terminal.press("C-k")
        typed = "".join(str(number % 10) for number in range(shell.columns - start + 3))
        prompt.terminal.press(typed)
        prompt.terminal.wait_for(rf"(?m)^{typed[-3:]}$")
        assert prompt.lines()[-2] == f"{BADGED} {typed[:-3]}"
        prompt.terminal.press("C-a")
        prompt.wait_for_cursor(start)


def test_it_stands_to_the_right_where_that_is_asked(shell: Setting) -> None:
    shell.badges.today(LINE)
    shell.env["AICOST_BADGE_SIDE"] = "right"
    with shell.open() as prompt:
        gap = " " * (shell.columns - len(PROMPT) - len(SHOWN))
        ends = {
            f"{PROMPT}{gap[cut:]}{SHOWN}" for cut in (0, 1)
        }  # zsh and bash keep the corner free
        prompt.terminal.wait_for(re.escape(SHOWN))
        assert prompt.last() in ends
        prompt.wait_for_cursor(len(PROMPT) + 1)
        assert prompt.output("echo here") == ["here"]
        assert prompt.after(shell.set("AICOST_BADGE_SIDE", "left")) == BADGED


def test_it_stands_before_the_first_line_that_a_prompt_fills(shell: Setting) -> None:
    two_lines = {
        "bash": "PS1='\\n\\w\\n" + PROMPT + " '",
        "zsh": "PROMPT=$'\\n%~\\n" + PROMPT + " '",
        "fish": f"function fish_prompt; printf '\\n~\\n{PROMPT} '; end",
    }
    shell.badges.today(LINE)
    shell.write_rc(before=two_lines[shell.shell])
    with shell.open() as prompt:
        prompt.terminal.wait_for(re.escape(SHOWN))
        shown = prompt.lines()[-3:]
    first = {"bash": ["", f"{SHOWN} ~", PROMPT], "fish": ["", f"{SHOWN} ~", PROMPT]}
    assert shown == first.get(shell.shell, shown)
    assert [row for row in shown if SHOWN in row]


# When it goes away


@pytest.mark.parametrize(
    ("ago_s", "is_there"), [(0, True), (17, True), (25, False), (4000, False), (-3600, False)]
)
def test_a_daemon_that_writes_no_more_is_believed_for_20_seconds(
    shell: Setting, ago_s: float, is_there: bool
) -> None:
    shell.badges.today(LINE)
    shell.badges.live(ago_s=ago_s)
    with shell.open() as prompt:
        assert prompt.last() == (BADGED if is_there else BARE)


def test_a_daemon_that_is_gone_is_not_believed(shell: Setting) -> None:
    shell.badges.today(LINE)
    with shell.open() as prompt:
        assert prompt.last() == BADGED
        shell.badges.live(pid=ended_process())
        assert prompt.after() == BARE
        shell.badges.live()
        assert prompt.after() == BADGED
        (shell.badges.path / "alive").unlink()
        assert prompt.after() == BARE


def ended_process() -> int:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return child


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n",
        "1\n",
        "x y\n",
        "0 NOW\n",
        "-1 NOW\n",
        "1 -5\n",
        "PID\n",
        "PID NOW NOW\n",
        "PID NOW x\n",
        "PID  NOW\n",
        "99999999999999999999 NOW\n",
        "PID 99999999999999999999\n",
        "PID a[$(touch pwned)]\n",
        "\0\0\0\n",
    ],
)
def test_an_alive_that_makes_no_sense_is_no_sign_of_life(shell: Setting, content: str) -> None:
    shell.badges.today(LINE)
    said = content.replace("PID", str(os.getpid())).replace("NOW", str(int(time.time())))
    (shell.badges.path / "alive").write_text(said)
    with shell.open() as prompt:
        assert prompt.lines() == [BARE]
    assert not (shell.home / "pwned").exists()


HOSTILE = [
    b"",
    b"\n",
    b"warn\t$3.20\t82",  # half written
    b"warn\t$(touch pwned)\t82\n",
    b"warn\t`touch pwned`\t82\n",
    b"warn\t\x1b]0;title\x07$3\t82\n",
    b"warn\t\x1b[31m$3\t82\n",
    b"warn\t\\u\\w\t82\n",
    b"warn\t$3.20!!\t82\n",
    b"warn\t\x01$3.20\x02\t82\n",
    b"warn\t$3.20\t82\r\n",
    b"warn\t\xff\xfe\t82\n",
    b"warn\t" + "é".encode() + b"\t82\n",
    b"\0\0\0\0\n",
    b"warn\t$3.20\t82" + b"\tx" * 4000 + b"\n",
    pytest.param(os.urandom(200_000).replace(b"\n", b""), id="random"),
]


@pytest.mark.parametrize("content", HOSTILE, ids=[repr(content[:24]) for content in HOSTILE])
def test_what_is_no_badge_is_never_shown(shell: Setting, content: bytes) -> None:
    """Not even in part; the next file is taken, as if there was none."""
    if shell.shell == "fish" and content.startswith(b"warn\t\xff"):
        pytest.skip("fish leaves out what is no UTF-8 while it reads a file's start")
    shell.badges.today(line(cost="$9.00"))
    with shell.open() as prompt:
        shell.badges.of_shell(prompt.pid, content)
        assert prompt.after() == f"⬡ $9.00 {PROMPT}"
        assert prompt.lines() == [f"⬡ $9.00 {PROMPT}"] * 2
    assert not (shell.home / "pwned").exists()


def test_a_level_that_is_not_known_is_not_guessed(shell: Setting) -> None:
    shell.badges.today(line(level="worse", cost="$3.20"))
    with shell.open() as prompt:
        assert prompt.lines() == [BARE]


def test_a_badge_of_a_later_version_may_say_more(shell: Setting) -> None:
    shell.badges.today(LINE.replace("\n", "\tand\tmore\n"))
    with shell.open() as prompt:
        assert prompt.last() == BADGED


@pytest.mark.parametrize("kind", ["fifo", "folder", "link", "dangling", "loop", "socket"])
@pytest.mark.parametrize("name", ["alive", "today"])
def test_what_is_no_plain_file_is_not_opened(shell: Setting, name: str, kind: str) -> None:
    """A fifo would keep the prompt waiting for ever."""
    shell.badges.today(LINE)
    path = shell.badges.path / name
    kept = path.rename(shell.badges.path / "kept")
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        os.mknod(path, 0o140600)
    else:
        path.symlink_to({"link": kept, "dangling": Path("nowhere"), "loop": path}[kind])
    with shell.open() as prompt:
        start = time.monotonic()
        prompt.after()
        taken = time.monotonic() - start
        assert prompt.lines() == [BARE] * 2
    assert taken < QUICK_S


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("name", ["alive", "today"])
def test_what_belongs_to_somebody_else_is_not_read(shell: Setting, name: str) -> None:
    shell.badges.today(LINE)
    os.chown(shell.badges.path / name, 65534, 65534)
    with shell.open() as prompt:
        assert prompt.lines() == [BARE]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_not_there(shell: Setting) -> None:
    shell.badges.today(LINE).chmod(0)
    with shell.open() as prompt:
        assert prompt.lines() == [BARE]


def test_without_any_folder_there_is_just_the_prompt(shell: Setting) -> None:
    for path in (shell.badges.path / "alive", shell.badges.path / "shell"):
        path.rename(shell.home / path.name)
    with shell.open() as prompt:
        prompt.after()
        assert prompt.lines() == [BARE] * 2


# Names that others chose

NAMES = [
    "it's",
    'a "b"',
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned",
    "a\nb",
    "a\n$(touch pwned)",
    "tab\there",
    "\x1b[31mred\x1b]0;title\x07",
    "100%",
    "%2F%25%F{red}%v%n",
    "!!",
    "\\u\\w\\$(touch pwned)",
    "a\\",
    "*?[a-z]",
    "{cost}",
    "-n",
    "~",
    "é — 文",
    "x" * 180,
    "\x01\x02",
]


@pytest.mark.parametrize("name", NAMES, ids=[repr(name[:20]) for name in NAMES])
def test_the_name_of_a_folder_is_never_more_than_a_name(shell: Setting, name: str) -> None:
    folder = shell.home / name
    (folder / "src").mkdir(parents=True)
    with suppress(AssertionError):  # too long for a name: then the daemon writes none either
        shell.badges.of_repo(folder, LINE)
    shell.badges.today(line(cost="$9.00"))
    is_found = "\n" not in name if shell.shell == "fish" else True
    is_found = is_found and len(name) < 150
    with shell.open(cwd=folder / "src") as prompt:
        assert prompt.last() == (BADGED if is_found else f"⬡ $9.00 {PROMPT}")
        prompt.after("true")
        assert len(prompt.lines()) == 2
    made = {path.name for path in shell.home.rglob("pwned")}
    assert made == set()


def test_the_run_folder_may_have_any_name(shell: Setting) -> None:
    folder = shell.home / 'it\'s $HOME `touch pwned` "$(touch pwned)" \\ %F{red} (é) & | ;'
    shell.badges.path.parent.rename(folder)
    object.__setattr__(shell.badges, "path", folder / "badge")
    shell.badges.today(LINE)
    with shell.open() as prompt:
        assert prompt.lines() == [BADGED]
    assert not list(shell.home.rglob("pwned"))


# Once, and gone again


def test_loaded_twice_is_loaded_once(shell: Setting) -> None:
    shell.badges.today(LINE)
    shell.write_rc(after=f"source {shell.init}")
    with shell.open() as prompt:
        assert prompt.last() == BADGED
        assert prompt.after(f"source {shell.init}") == BADGED
        assert prompt.after("aicost_badge_off") == BARE
        assert prompt.after(f"source {shell.init}") == BADGED


def test_switched_off_the_prompt_is_as_it_was(shell: Setting) -> None:
    shell.badges.today(LINE)
    look = {
        "bash": "declare -p PS1 PROMPT_COMMAND precmd_functions; compgen -v -A function _aicost",
        "zsh": "typeset -p PROMPT RPROMPT RPS1 precmd_functions psvar; sched;"
        " typeset -m '_aicost*'; typeset +fm '_aicost*'",
        "fish": "functions fish_prompt fish_right_prompt; set -n | string match '_aicost*';"
        " functions -na | string match '_aicost*'",
    }[shell.shell]
    with shell.open() as prompt:
        (shell.home / "look").write_text(look)
        assert prompt.after("aicost_badge_off") == BARE
        off = prompt.output("source look")
        assert prompt.after() == BARE
    shell.write_rc(init="")
    with shell.open() as prompt:
        without = prompt.output("source look")
    assert without
    told = "# Defined "  # where: fish says so of a function
    assert [row for row in off if not row.startswith(told)] == [
        row for row in without if not row.startswith(told)
    ]


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("bash", "3.2.57(1)-release"),
        ("bash", "4.4.20(1)-release"),
        ("zsh", "5.7.1"),
        ("zsh", "4.3.11"),
        ("fish", "3.5.1"),
        ("fish", "2.7.1"),
    ],
)
def test_an_old_shell_gets_one_clear_line_and_no_badge(name: str, version: str, home: Path) -> None:
    shell = setting(name, home)
    shell.badges.today(LINE)
    shell.write_rc()
    variable = {"bash": "BASH_VERSION", "zsh": "ZSH_VERSION", "fish": "FISH_VERSION"}[name]
    code = shell.code()
    assert variable in code
    code = code.replace(f"${{{variable}%%.*}}", version.partition(".")[0])
    shell.init.write_text(code.replace(f"${variable}", version))
    needed = {"bash": "5", "zsh": "5.8", "fish": "3.6"}[name]
    with shell.open() as prompt:
        assert prompt.lines() == [
            f"aicost: no badge in this prompt: it needs {name} {needed} or later,"
            f" this is {name} {version}",
            BARE,
        ]


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("zsh", "5.8"),
        ("zsh", "6.0"),
        ("fish", "3.6.0"),
        ("fish", "3.10.1"),
        ("fish", "4.0b1"),
        ("bash", "5.0"),
        ("bash", "10.1"),
    ],
)
def test_a_shell_that_is_new_enough_says_nothing(name: str, version: str, home: Path) -> None:
    shell = setting(name, home)
    shell.badges.today(LINE)
    shell.write_rc()
    variable = {"bash": "BASH_VERSION", "zsh": "ZSH_VERSION", "fish": "FISH_VERSION"}[name]
    code = shell.code().replace(f"${{{variable}%%.*}}", version.partition(".")[0])
    shell.init.write_text(code.replace(f"${variable}", version))
    with shell.open() as prompt:
        assert prompt.lines() == [BADGED]


@pytest.mark.parametrize("name", SHELLS)
def test_a_script_that_reads_the_users_file_sees_nothing_of_it(name: str, home: Path) -> None:
    shell = setting(name, home)
    shell.write_rc()
    ran = subprocess.run(
        [name, "-c", f'source {shell.init}; echo "<$AICOST_SHELL>"'],
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "<>\n", "")


@pytest.mark.parametrize("name", SHELLS)
def test_it_comes_by_the_command_that_the_page_names(name: str, home: Path) -> None:
    shell = setting(name, home)
    program = home / "bin" / "aicost"
    program.parent.mkdir()
    path = os.pathsep.join(PACKAGES)
    program.write_text(f"#!/bin/sh\nPYTHONPATH='{path}' exec '{sys.executable}' -m aicost \"$@\"\n")
    program.chmod(0o755)
    shell.env |= {"PATH": f"{program.parent}:{os.environ['PATH']}", "AICOST_HOME": str(home)}
    shell.badges.today(LINE)
    line = "aicost init fish | source" if name == "fish" else f'eval "$(aicost init {name})"'
    shell.write_rc(init=line)
    with shell.open() as prompt:
        assert prompt.lines() == [BADGED]


def test_the_alphabet_of_the_readers_is_that_of_the_writer() -> None:
    """Every sign that may be in a field is let through, and no other one of Latin 1."""
    allowed = {chr(code) for code in range(0x2270) if ALPHABET.fullmatch(chr(code))}
    texts = {name: (FOLDER / f"aicost.{name}").read_text() for name in SHELLS}
    for name in ("bash", "zsh"):
        found = re.search(r"_aicost_alphabet='(.*)'", texts[name])
        assert found is not None
        assert set(found[1]) == allowed
    assert r"[0-9A-Za-z $.,<≥%~/\t-]" in texts["fish"]
