"""Every parser has a fuzz target, and holds on its seeds and on some of what `make fuzz` makes."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
from fuzz import run, target
from fuzz.main import main
from fuzz.target import Target, TooCostly, bounded, mutated
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_architecture import MODULES, PACKAGES, TREES, functions

TARGETS = [run.load(name) for name in run.names()]
each_target = pytest.mark.parametrize("fuzzed", TARGETS, ids=lambda found: found.name)

NOT_FUZZED = {  # module with a parse_ or decode_ function -> why no target is needed
    "aicost.sources.base": "a protocol without behaviour",
}


def name_of(module: Path) -> str:
    """Return what a module is imported as."""
    package = next(package for package in PACKAGES if module.is_relative_to(package))
    return ".".join(module.relative_to(package.parent).with_suffix("").parts)


def test_every_parser_is_fuzzed() -> None:
    """A parser is what the glossary calls one: bytes in, a value out."""
    parsers = {
        name_of(path)
        for path in MODULES
        if any(
            function.name == "parse" or function.name.startswith(("parse_", "decode_"))
            for function in functions(TREES[path])
        )
    }
    assert len(parsers) > 5
    fuzzed = {module for found in TARGETS for module in found.modules}
    assert parsers - fuzzed == set(NOT_FUZZED)


def test_targets_name_modules_that_exist() -> None:
    known = {name_of(path) for path in MODULES}
    assert {module for found in TARGETS for module in found.modules} <= known
    for found in TARGETS:
        assert tuple(run._modules_of(found.name)) == found.modules


@each_target
def test_seeds_hold(fuzzed: Target) -> None:
    seeds = fuzzed.seeds()
    for content in (b"", *seeds[:: max(1, len(seeds) // 25)]):
        bounded(fuzzed.check, content)


@each_target
@settings(  # a seed says it all: there is nothing to shrink
    max_examples=40,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(number=st.integers(0, 2**64), junk=st.binary(max_size=60))
def test_what_is_made_from_seeds_holds(fuzzed: Target, number: int, junk: bytes) -> None:
    fuzzed.check(mutated(fuzzed.seeds(), Random(number)))
    fuzzed.check(junk)


# The machinery itself


def test_a_hang_is_stopped_and_called_too_costly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "BASE_S", 0.02)

    def hang(_: bytes) -> None:
        while True:
            pass

    with pytest.raises(TooCostly, match="of CPU"):
        bounded(hang, b"")


def test_a_hoard_is_called_too_costly(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = iter((0, 2**20))
    monkeypatch.setattr(target, "peak_bytes", lambda: next(sizes))
    monkeypatch.setattr(target, "BASE_BYTES", 2**20 - 1)
    with pytest.raises(TooCostly, match="1 MiB for 0 bytes"):
        bounded(lambda _: None, b"")


def test_what_breaks_a_parser_is_kept_and_tried_first_the_next_time(tmp_path: Path) -> None:
    tried: list[bytes] = []

    def fails_on_braces(content: bytes) -> None:
        tried.append(content)
        assert b"{{" not in content

    broken = Target(
        name="broken", modules=(), seeds=lambda: [b'{"a": {"b": 1}}'], check=fails_on_braces
    )
    check = run.keeping(broken.check, tmp_path)
    with pytest.raises(AssertionError):
        run.with_hypothesis(broken, check, seconds=30)
    (kept,) = tmp_path.iterdir()
    assert kept.read_bytes() == tried[-1]
    tried.clear()
    with pytest.raises(AssertionError):
        run.check_known(broken, check, tmp_path)
    assert b"{{" in tried[-1]
    assert len(tried) <= 3


@pytest.mark.parametrize("size", [100, 10_000])
def test_large_inputs_are_large(size: int) -> None:
    sizes = [len(content) for content in target.stretched(b'{"a": 1}', size)]
    assert min(sizes) >= size - 10
    assert max(sizes) <= size + 20


def cuts(content: bytes) -> Iterator[Sequence[bytes]]:
    for number in range(50):
        stream, pieces = target.cut_by_head(target.with_head(content, number))
        assert stream == content
        assert b"".join(pieces) == content
        yield pieces


def test_a_head_says_where_a_stream_is_cut() -> None:
    found = {tuple(pieces) for pieces in cuts(b"0123456789")}
    assert len(found) > 25


def test_a_run_prints_a_line_for_each_target_and_says_what_was_skipped(tmp_path: Path) -> None:
    root = Path(run.__file__).parents[2]
    paths = [str(root / name) for name in ("companion", "tui", "hooks", "tests")]
    others = [path for path in sys.path if path]
    (tmp_path / "site").mkdir()
    code = (
        "import sys, importlib.util as u; found = u.find_spec;"
        "u.find_spec = lambda name, *a: None if name == 'atheris' else found(name, *a);"
        "from fuzz.main import main; sys.exit(main())"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, "line_blocks", "--seconds", "1", "--folder", str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([*paths, *others])},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    skipped, line = ended.stdout.splitlines()
    assert skipped.startswith("SKIPPED atheris: ")
    assert line.startswith("line_blocks    ok ")
    assert line.split()[4] != "0"  # made by hypothesis


def test_a_target_that_is_not_there_is_an_error_of_the_command_line() -> None:
    with pytest.raises(SystemExit):
        main(["no_such_parser"])
