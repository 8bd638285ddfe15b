"""The badge in bars: the small reader in each sh, tmux for real, starship where it is installed."""

import os
import re
import shutil
import subprocess
import time
import tomllib
from pathlib import Path

import pytest
from lab.terminal import Terminal
from prompts import FOLDER, LINE, Badges, skip_without

from aicost.core.shell_code import READER, filled

KNOWN = (("dash",), ("bash", "--posix"), ("busybox", "ash"), ("ksh",))
SHELLS = [words for words in KNOWN if shutil.which(words[0])] or [("sh",)]
PICTURES = os.environ.get("AICOST_PICTURES")  # where docs/screens/render.py finds screens
UTF_8 = {"LANG": "C.UTF-8"}


@pytest.fixture
def badges(home: Path) -> Badges:
    found = Badges(home / "it's run" / "badge")
    found.make()
    return found


@pytest.fixture(params=SHELLS, ids=" ".join)
def sh(request: pytest.FixtureRequest) -> list[str]:
    words: tuple[str, ...] = request.param
    return list(words)


def read(
    sh: list[str],
    badges: Badges,
    *arguments: str,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> str:
    """Run the reader; it must end well and say nothing but the badge."""
    ended = subprocess.run(
        [*sh, str(FOLDER / READER), str(badges.path), *arguments],
        env={"PATH": os.environ["PATH"]} | (UTF_8 if env is None else env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=20,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    return ended.stdout.decode()


@pytest.mark.parametrize(
    ("line", "plain", "colour", "ascii_text"),
    [
        ("ok\t$3.20\t\tidle 1\n", "⬡ $3.20", "", "$3.20"),
        ("ok\t≥$3.20\t7\n", "⬡ ≥$3.20 7%", "", ">=$3.20 7%"),
        (LINE, "⬡ $3.20 ▲82%", "#[fg=black,bg=yellow]", "$3.20 !82%"),
        ("serious\t$3\t95\n", "⬡ $3 ■95%", "#[fg=white,bg=red]", "$3 !!95%"),
        ("over\t$3\t130\n", "⬡ $3 ■130%", "#[fg=white,bg=red,bold]", "$3 !!!130%"),
    ],
)
def test_a_badge_is_a_line_of_text(
    badges: Badges, line: str, plain: str, colour: str, ascii_text: str
) -> None:
    for sh in map(list, SHELLS):
        badges.today(line)
        assert read(sh, badges, "plain") == f"{plain}\n"
        assert read(sh, badges, "tmux") == f"{colour}{plain}#[default]\n"
        assert read(sh, badges, "tmux", env=UTF_8 | {"NO_COLOR": "1"}) == f"{plain}\n"
        assert read(sh, badges, "plain", env={}) == f"{ascii_text}\n"
        shown = read(sh, badges, "plain", env=UTF_8 | {"AICOST_BADGE_ASCII": "1"})
        assert shown == f"{ascii_text}\n"


def test_the_shell_comes_before_the_repository_and_that_before_the_day(
    sh: list[str], badges: Badges, tmp_path: Path
) -> None:
    folder = tmp_path / "100% $(touch pwned) it's" / "a\nb" / "src"
    folder.mkdir(parents=True)
    assert read(sh, badges, "plain", "", cwd=folder) == ""
    badges.today("ok\t$9\n")
    assert read(sh, badges, "plain", "", cwd=folder) == "⬡ $9\n"
    badges.of_repo(folder.parent, "ok\t$5\n")
    assert read(sh, badges, "plain", "123", cwd=folder) == "⬡ $5\n"
    badges.of_shell(123, "ok\t$2\n")
    assert read(sh, badges, "plain", "123", cwd=folder) == "⬡ $2\n"
    assert read(sh, badges, "plain", "12", cwd=folder) == "⬡ $5\n"
    assert read(sh, badges, "plain", "../today", cwd=folder) == "⬡ $5\n"
    (tmp_path / "link").symlink_to(folder)
    assert read(sh, badges, "plain", cwd=tmp_path / "link") == "⬡ $5\n"


@pytest.mark.parametrize("ago_s", [25.0, -3600.0])
def test_a_daemon_that_writes_no_more_is_not_believed(
    sh: list[str], badges: Badges, ago_s: float
) -> None:
    badges.today(LINE)
    badges.live(ago_s=ago_s)
    assert read(sh, badges, "plain") == ""


@pytest.mark.parametrize("alive", ["", "\n", "x\n", "0 NOW\n", "PID x\n", "PID\n", "-1 NOW\n"])
def test_an_alive_that_makes_no_sense_is_no_sign_of_life(
    sh: list[str], badges: Badges, alive: str
) -> None:
    badges.today(LINE)
    said = alive.replace("PID", str(os.getpid())).replace("NOW", str(int(time.time())))
    (badges.path / "alive").write_text(said)
    assert read(sh, badges, "plain") == ""


@pytest.mark.parametrize(
    "content",
    [
        "what\t$3\t\n",
        "warn\t$(touch pwned)\t\n",
        "warn\t#[bg=red]\t\n",
        "warn\t#(id)\t\n",
        "\x1b[31m\n",
    ],
)
def test_what_is_no_badge_is_never_shown(
    sh: list[str], badges: Badges, content: str, tmp_path: Path
) -> None:
    badges.today(content)
    assert read(sh, badges, "plain", cwd=tmp_path) == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["alive", "today"])
def test_a_fifo_is_not_opened(sh: list[str], badges: Badges, name: str) -> None:
    badges.today(LINE)
    (badges.path / name).unlink()
    os.mkfifo(badges.path / name)
    assert read(sh, badges, "plain") == ""


def test_tmux_shows_what_its_pane_spent(home: Path) -> None:
    """The bar of a real tmux, which runs in the terminal of another."""
    skip_without("tmux")
    badges = Badges(home / "run folder" / "badge")
    badges.make()
    badges.today("ok\t$9.00\t\n")
    text = (FOLDER / "tmux.conf").read_text()
    reader = home / "shell" / READER
    reader.parent.mkdir()
    shutil.copy(FOLDER / READER, reader)
    config = home / "tmux.conf"
    code = filled(text, "tmux", badge_dir=str(badges.path), reader=str(reader))
    config.write_text(f"set -g default-shell /bin/sh\nset -g status-right ''\n{code}")
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "xterm-256color"} | UTF_8
    inner = ["tmux", "-S", str(home / "t"), "-f", str(config)]
    with Terminal([*inner, "new-session"], env=env, cwd=home, columns=80, rows=12) as terminal:
        try:
            terminal.wait_for(r"⬡ \$9\.00 *\n*$")
            shown = subprocess.run(
                [*inner, "list-panes", "-F", "#{pane_pid}"],
                env=env,
                capture_output=True,
                text=True,
                check=True,
            )
            badges.live()
            badges.of_shell(int(shown.stdout), LINE)
            terminal.wait_for(r"⬡ \$3\.20 ▲82% *\n*$")
            assert re.search(r"\x1b\[(30m\x1b\[)?43m⬡ \$3\.20", terminal.painted_screen())
            if PICTURES:
                terminal.type_line("ls -1 /usr | head -8")
                terminal.wait_for("(?m)^local$")
                Path(PICTURES, "tmux-bar.ansi").write_text(terminal.painted_screen())
        finally:
            subprocess.run([*inner, "kill-server"], env=env, check=False)


def test_what_starship_runs_prints_the_badge(badges: Badges) -> None:
    """It hands a command to `shell` on stdin, with its own folder and variables."""
    badges.today("ok\t$9.00\t\n")
    badges.of_shell(77, LINE)
    text = (FOLDER / "starship.toml").read_text()
    module = tomllib.loads(
        filled(text, "starship", badge_dir=str(badges.path), reader=str(FOLDER / READER))
    )["custom"]["aicost"]
    assert module["when"] is True
    for shell, shown in (("77", "⬡ $3.20 ▲82%\n"), ("", "⬡ $9.00\n")):
        ran = subprocess.run(
            module["shell"],
            input=module["command"],
            env={"PATH": os.environ["PATH"], "AICOST_SHELL": shell} | UTF_8,
            capture_output=True,
            text=True,
            check=True,
        )
        assert (ran.stdout, ran.stderr) == (shown, "")


def test_starship_shows_it(badges: Badges, home: Path) -> None:
    starship = shutil.which("starship")
    if starship is None:
        pytest.skip("no starship")
    badges.today(LINE)
    config = home / "starship.toml"
    text = (FOLDER / "starship.toml").read_text()
    module = filled(text, "starship", badge_dir=str(badges.path), reader=str(FOLDER / READER))
    config.write_text(
        f'format = "$directory${{custom.aicost}}$character"\nadd_newline = false\n{module}'
    )
    ran = subprocess.run(
        [starship, "prompt"],
        cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "STARSHIP_CONFIG": str(config)} | UTF_8,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "⬡ $3.20 ▲82%" in re.sub(r"\x1b\[[\d;]*m", "", ran.stdout)
    if PICTURES:
        Path(PICTURES, "starship-prompt.ansi").write_text(f"{ran.stdout}git status\n")
