"""The house rules that no linter knows: mirror, sizes, purity, what a start really loads, looks."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from aicost.cli.parser import COMMANDS

ROOT = Path(__file__).parents[1]
PACKAGES = {  # folder of the sources -> folder of their tests
    ROOT / "companion" / "aicost": ROOT / "tests" / "companion",
    ROOT / "tui" / "aicost_tui": ROOT / "tests" / "tui",
    ROOT / "hooks" / "aicost_hooks": ROOT / "tests" / "hooks",
}
CORE = ROOT / "companion" / "aicost" / "core"
CLI = ROOT / "companion" / "aicost" / "cli"
TUI = ROOT / "tui" / "aicost_tui"
HOOKS = ROOT / "hooks" / "aicost_hooks"

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MODULES = sorted(path for package in PACKAGES for path in package.rglob("*.py"))
TREES = {path: ast.parse(path.read_bytes()) for path in MODULES}

NOT_IMPORTED = {  # dependency -> why it is one all the same
    "tiktoken": "part of the fixed stack: estimates of text without a usage record",
    "tzdata": "time zones as data, for machines without",
}
UNTESTED = {  # module -> why it needs no test file of its own
    "companion/aicost/core/facts.py": "plain values without behaviour",
    "companion/aicost/core/nudge.py": "plain values without behaviour",
    "companion/aicost/core/reports.py": "plain values without behaviour",
    "companion/aicost/core/session_glance.py": "plain values without behaviour",
    "companion/aicost/core/session_page.py": "plain values without behaviour",
    "companion/aicost/daemon/rules.py": "plain values without behaviour",
    "companion/aicost/daemon/world.py": "plain values without behaviour",
    "companion/aicost/sources/base.py": "a protocol without behaviour",
}

GOES_ONLINE = {  # module -> when
    "companion/aicost/prices/library.py": "`aicost prices update`, where the user set prices.url",
    "companion/aicost/sync/backend.py": "the days of a member, to the server of the team he joined",
    "companion/aicost/sync/otlp.py": "live counters, where the user set otlp.endpoint",
}

LINES_PER_MODULE = 400
LINES_PER_APP = 250  # app.py composes and routes, nothing else
LINES_PER_FUNCTION = 40
LINES_PER_COMPOSE = 60


def place(path: Path) -> str:
    """Name a file as one sees it from the checkout's root."""
    return path.relative_to(ROOT).as_posix()


def modules_below(*folders: Path) -> list[Path]:
    return [path for path in MODULES if any(path.is_relative_to(folder) for folder in folders)]


# The mirror


def mirror_of(module: Path) -> Path:
    """Return where the tests of a module belong: `core/usage.py` -> `core/test_usage.py`."""
    package = next(package for package in PACKAGES if module.is_relative_to(package))
    folder = PACKAGES[package] / module.relative_to(package).parent
    return folder / f"test_{module.stem.strip('_')}.py"


def test_every_module_has_a_test_file_at_the_mirrored_place() -> None:
    missing = {
        place(module): place(mirror_of(module))
        for module in MODULES
        if module.name != "__init__.py"
        and not mirror_of(module).exists()
        and place(module) not in UNTESTED
    }
    assert not missing, "\n".join(f"{source} lacks {test}" for source, test in missing.items())


def test_every_exception_from_the_mirror_is_still_needed() -> None:
    stale = [
        name for name in UNTESTED if not (ROOT / name).exists() or mirror_of(ROOT / name).exists()
    ]
    assert stale == []


@pytest.mark.parametrize("package", PACKAGES, ids=place)
def test_package_inits_hold_no_code(package: Path) -> None:
    """Importing one module of a room must not load the others."""
    for init in package.rglob("__init__.py"):
        imports = [
            node for node in TREES[init].body if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        assert not imports, place(init)


# Sizes


def test_modules_stay_small() -> None:
    sizes = {path: len(path.read_text().splitlines()) for path in MODULES}
    limits = {
        path: LINES_PER_APP if path == TUI / "app.py" else LINES_PER_MODULE for path in MODULES
    }
    long = [f"{place(path)}: {sizes[path]}" for path in MODULES if sizes[path] > limits[path]]
    assert long == []


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_functions_stay_small() -> None:
    long = []
    for path in MODULES:
        for function in functions(TREES[path]):
            lines = (function.end_lineno or 0) - function.lineno + 1
            is_compose = function.name == "compose" and path.is_relative_to(TUI)
            if lines > (LINES_PER_COMPOSE if is_compose else LINES_PER_FUNCTION):
                long.append(f"{place(path)}:{function.lineno} {function.name}: {lines} lines")
    assert long == []


# Purity

UNREPEATABLE = re.compile(
    r"(datetime\.)?(datetime|date)\.(now|utcnow|today)|time\.\w*(time|monotonic|perf_counter)\w*"
    r"|os\.\w+|random\.\w+|open|input|print|(Path|path)\.(open|read_\w+|write_\w+)"
)


@pytest.mark.parametrize("path", modules_below(CORE), ids=place)
def test_core_reads_neither_clock_nor_disk(path: Path) -> None:
    calls = [ast.unparse(node.func) for node in ast.walk(TREES[path]) if isinstance(node, ast.Call)]
    assert [call for call in calls if UNREPEATABLE.fullmatch(call)] == []


def _imported_names(node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


IMPORTED = {
    path: {name for node in ast.walk(tree) for name in _imported_names(node)}
    for path, tree in TREES.items()
}


@pytest.mark.parametrize("path", modules_below(CLI), ids=place)
def test_commands_hold_no_business_of_their_own(path: Path) -> None:
    """No SQL, sockets or wire formats in a command: it parses, asks a room, prints."""
    assert IMPORTED[path].isdisjoint({"sqlite3", "socket", "httpx", "msgspec", "watchdog"})


def test_nothing_of_ours_can_leave_the_machine() -> None:
    """As the README's privacy table says: no module speaks to anything but a Unix socket."""
    way_out = re.compile(
        r"(http|https|httpx2?|urllib\.request|requests|opentelemetry|ssl|smtplib|ftplib|genai_prices\.update_prices)"
        r"(\..*)?"
    )
    found = [
        place(path)
        for path in MODULES
        if any(map(way_out.fullmatch, IMPORTED[path])) and place(path) not in GOES_ONLINE
    ]
    found += [
        place(path)
        for path in MODULES
        if re.search(r"\bAF_INET|create_connection\(", path.read_text())
    ]
    assert found == []


def test_every_dependency_is_used_or_says_why_not() -> None:
    imported = {f"{name}." for names in IMPORTED.values() for name in names}
    named = {Requirement(line).name.replace("-", "_") for line in PROJECT["dependencies"]}
    unused = {name for name in named if not any(path.startswith(f"{name}.") for path in imported)}
    assert unused == set(NOT_IMPORTED)


# What really loads: the import linter reads the static graph, a fresh Python sees the rest


def loaded_by(code: str) -> set[str]:
    """Run `code` in a fresh Python that sees the sources; return the modules it then holds."""
    paths = [str(package.parent) for package in PACKAGES]
    program = f"import sys; sys.path[:0] = {paths!r}\n{code}\nprint('\\n' + ' '.join(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return set(run.stdout.splitlines()[-1].split())


def importing(*modules: Path) -> str:
    """Return code that imports the modules of these files."""
    names = []
    for path in modules:
        package = next(package for package in PACKAGES if path.is_relative_to(package))
        parts = path.relative_to(package.parent).with_suffix("").parts
        names.append(".".join(part for part in parts if part != "__init__"))
    return f"import {', '.join(names)}"


def test_core_loads_no_io_and_no_third_party_package() -> None:
    loaded = loaded_by(importing(*modules_below(CORE)))
    heavy = {"asyncio", "socket", "sqlite3", "subprocess", "multiprocessing", "urllib.request"}
    third_party = {"httpx", "keyring", "msgspec", "platformdirs", "psutil", "textual", "watchdog"}
    assert loaded.isdisjoint(heavy | third_party)
    rooms = {name.split(".")[1] for name in loaded if name.startswith("aicost.")}
    assert rooms == {"core"}


def test_a_hook_starts_without_the_heavy_libraries() -> None:
    loaded = loaded_by(importing(*modules_below(HOOKS)))
    assert loaded.isdisjoint(
        {"argparse", "asyncio", "httpx", "keyring", "msgspec", "platformdirs", "psutil", "textual"}
    )


@pytest.mark.parametrize(
    ("arguments", "too_much"),
    [
        ("--version", {"argparse", "aicost.cli"}),
        ("--help", {"aicost.store", "aicost.daemon", "aicost.ipc", "aicost_tui"}),
        ("report --help", {"aicost.store", "aicost.daemon", "aicost.ipc", "aicost_tui"}),
    ],
)
def test_a_question_about_aicost_itself_loads_no_machinery(
    arguments: str, too_much: set[str]
) -> None:
    ask = f"import aicost.__main__ as m\nsys.argv = ['aicost', *{arguments.split()}]\n"
    loaded = loaded_by(
        f"{ask}try:\n    m.main()\nexcept SystemExit as end:\n    assert not end.code"
    )
    assert loaded.isdisjoint({"asyncio", "msgspec", "sqlite3", "textual", "watchdog"} | too_much)


def test_a_daemon_starts_without_what_few_need() -> None:
    """Each of these took a good part of the start: they wait for the first who needs them."""
    loaded = loaded_by("import aicost.daemon.lifecycle, aicost.daemon.service")
    libraries = {
        "genai_prices", "httpx", "importlib.metadata", "jeepney", "keyring", "multiprocessing",
        "opentelemetry", "platformdirs", "psutil", "requests", "statistics", "tiktoken", "tomlkit",
    }  # fmt: skip
    of_readings = {
        f"aicost.sources.{agent}.{name}"
        for agent in ("claude", "codex")
        for name in ("parser", "evidence")
    }
    of_budgets = {
        f"aicost.{name}"
        for name in (
            "core.gate", "core.nudging", "daemon.budget_methods", "daemon.judging",
            "daemon.nudging", "daemon.standing", "daemon.verdicts", "daemon.weighing",
            "store.spending",
        )
    }  # fmt: skip
    of_questions = {
        f"aicost.{name}"
        for name in (
            "daemon.acting", "daemon.badge_answers", "daemon.cheaper", "daemon.explaining",
            "daemon.histories", "daemon.outcomes", "daemon.overview", "daemon.reconciling",
            "daemon.screens", "daemon.sending",
            "daemon.session_pages", "daemon.tagging", "daemon.teamwork", "report.sheets",
            "report.tables", "store.live_counters", "store.outbox", "store.work", "sync",
        )
    }  # fmt: skip
    assert loaded.isdisjoint(libraries | of_readings | of_budgets | of_questions)


# Looks

COLOURS = (
    "black|blue|brown|cyan|gold|gray|green|grey|lime|magenta|navy|orange|pink|purple|red|silver"
    "|teal|violet|white|yellow"
)
LITERAL_COLOUR = re.compile(
    rf"#[0-9a-fA-F]{{3,8}}\b|\b(rgba?|hsla?)\(|(?<![-\w$])(ansi_|bright_)*({COLOURS})(?![-\w])"
)


@pytest.mark.parametrize("path", sorted(TUI.rglob("*.tcss")), ids=place)
def test_stylesheets_use_theme_colours_only(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    values = re.findall(r"[\w-]+\s*:\s*([^;{}]+);", text)
    assert [value for value in values if LITERAL_COLOUR.search(value)] == []


def strings_without_docstrings(tree: ast.Module) -> Iterator[str]:
    spoken = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in spoken
        ):
            yield node.value


# A style ("bold red", "#ff0000") or what stands in markup ("[red]"), not prose that names a colour.
STYLE = re.compile(
    rf"(?:bold|dim|italic|underline|reverse|not|on|\s)*(?:{LITERAL_COLOUR.pattern})[\w\s#,.%()]*"
)


@pytest.mark.parametrize(
    ("text", "is_literal"),
    [
        ("bold red", True),
        ("on #1e1e2e", True),
        ("rgb(10, 20, 30)", True),
        ("ansi_bright_blue", True),
        ("$text-error", False),
        ("bold", False),
        ("a red line", False),
        ("session #12345 · main", False),
    ],
)
def test_a_literal_colour_is_told_from_prose(text: str, is_literal: bool) -> None:
    assert bool(STYLE.fullmatch(text)) is is_literal


# themes.py is where the theme's colours are written down.
@pytest.mark.parametrize(
    "path", [path for path in modules_below(TUI) if path != TUI / "themes.py"], ids=place
)
def test_widgets_use_theme_colours_only(path: Path) -> None:
    found = [
        text
        for text in strings_without_docstrings(TREES[path])
        for part in (text, *re.findall(r"\[([^\]]+)\]", text))
        if STYLE.fullmatch(part)
    ]
    assert found == []


# What is said must be true


def named_commands(tree: ast.AST) -> Iterator[str]:
    """Yield the commands that the hints of errors tell the reader to run."""
    for node in ast.walk(tree):
        hints: list[ast.expr] = []
        if isinstance(node, ast.Call):
            hints = [given.value for given in node.keywords if given.arg == "hint"]
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith("_HINT"):
            hints = [node.value]
        for hint in hints:
            for part in ast.walk(hint):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield from re.findall(r"^aicost (\w+)", part.value)


def test_hints_name_commands_that_exist() -> None:
    found = {(name, place(path)) for path in MODULES for name in named_commands(TREES[path])}
    assert len(found) > 2
    assert [pair for pair in found if pair[0] not in COMMANDS] == []


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=place
)
def test_pages_lead_to_files_that_exist(page: Path) -> None:
    links = re.findall(r"\]\(([^):#]+)\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
    assert len(links) >= 3 or page.name != "README.md"


# What must not be in the repository


def tracked_files() -> list[Path]:
    """Return every file in git. Skips the test where the checkout is none (an sdist)."""
    run = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if run.returncode != 0:
        pytest.skip("not a git checkout")
    names = [name for name in run.stdout.split("\0") if name]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


MACHINE_PATH = re.compile(rb"(?<![\w./~$}*-])/(work|root|tmp|home/\w+|Users/\w+|opt)/[\w.-]+")
RECORDED = (ROOT / "tests", ROOT / "docs")  # logs, made-up paths of made-up users, pictures


def test_no_path_of_somebodys_machine_is_committed() -> None:
    found = [
        f"{place(path)}: {match.group().decode()}"
        for path in tracked_files()
        if not any(path.is_relative_to(folder) for folder in RECORDED)
        for match in MACHINE_PATH.finditer(path.read_bytes())
    ]
    assert found == []


def pins(lock: str) -> dict[str, str]:
    """Return name -> version of a lock; every line of it must be a pin, a hash or a comment."""
    versions = {}
    for line in (ROOT / lock).read_text().replace("\\\n", " ").splitlines():
        pin = line.partition("#")[0].strip()
        if pin:
            requirement, *hashes = re.split(r"\s+--hash=", pin)
            assert hashes, pin
            assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes), pin
            name, version = re.fullmatch(r"([\w.-]+)==([\w.]+)( ;.*)?", requirement).groups()[:2]  # type: ignore[union-attr]
            versions[name] = version
    return versions


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_are_pins_and_hashes_without_addresses(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text()
    assert len(pins(lock)) > 10


def test_locks_satisfy_pyproject_and_agree() -> None:
    runtime, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    assert runtime.items() <= dev.items()
    extras = PROJECT["optional-dependencies"].values()
    for wanted, locked in ((PROJECT["dependencies"], runtime), *((one, dev) for one in extras)):
        for requirement in map(Requirement, wanted):
            if requirement.name == PROJECT["name"]:  # other extras of it
                continue
            version = locked[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version), f"{requirement}: make lock"
