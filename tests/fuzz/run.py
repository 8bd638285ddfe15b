"""Fuzz one target in this process. Started by fuzz.main; ends with 0 if nothing was found.

    python -m fuzz.run NAME SECONDS FOLDER [atheris|hypothesis]

FOLDER keeps what was learnt (corpus/) and the inputs that broke something (found/).
"""

import hashlib
import importlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from fuzz.target import Target, bounded, mutated, stretched

MAX_INPUT_BYTES = 64 * 1024
LARGE_BYTES = 2**18  # squared, it takes longer than any bound
LARGE_SEEDS = 3
EXAMPLES = 2_000  # of one run of hypothesis; there are as many runs as fit into the time
HANG_S, MEMORY_MIB = 120, 2048  # libFuzzer ends a run that takes more

TARGETS = Path(__file__).parent / "targets"


def names() -> list[str]:
    """Return the names of all targets."""
    return sorted(path.stem for path in TARGETS.glob("*.py"))


def load(name: str) -> Target:
    """Return a target by its name."""
    found = importlib.import_module(f"fuzz.targets.{name}").TARGET
    assert isinstance(found, Target)
    return found


def keeping(check: Callable[[bytes], None], folder: Path) -> Callable[[bytes], None]:
    """Return the check, bounded, that keeps the input which breaks it."""

    def checked(content: bytes) -> None:
        try:
            bounded(check, content)
        except BaseException:
            folder.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256(content).hexdigest()[:16]
            (folder / digest).write_bytes(content)
            print(f"broken by {folder / digest}", file=sys.stderr)
            raise

    return checked


def check_known(target: Target, check: Callable[[bytes], None], found: Path) -> int:
    """Try the seeds, what was found before, and large inputs; return how many that were."""
    inputs = list(_known(target, found))
    for content in inputs:
        check(content)
    seeds = sorted(target.seeds(), key=len)[-LARGE_SEEDS:]
    large = 0
    for seed in seeds:
        for content in stretched(seed, LARGE_BYTES):
            check(content)
            large += 1
    return len(inputs) + large


def _known(target: Target, found: Path) -> Iterator[bytes]:
    yield b""
    yield from target.seeds()
    if found.is_dir():
        yield from (path.read_bytes() for path in sorted(found.iterdir()))


def with_hypothesis(target: Target, check: Callable[[bytes], None], seconds: float) -> int:
    """Try inputs made from the seeds, and any others, for so long; return how many."""
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis import strategies as st

    seeds, tried, until, random = target.seeds(), 0, time.monotonic() + seconds, Random()
    changed = st.integers(0, 2**64).map(lambda number: mutated(seeds, Random(number)))

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.generate,),  # the input that broke it is kept as it is
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(changed, changed, changed, st.binary(max_size=300)))
    def run(content: bytes) -> None:
        nonlocal tried
        if time.monotonic() < until:
            tried += 1
            check(content)

    while time.monotonic() < until:
        seed(random.getrandbits(64))(run)()
    return tried


def with_atheris(name: str, seconds: int, folder: Path) -> None:
    """Let libFuzzer look for inputs that reach new branches. Ends the process."""
    atheris = importlib.import_module("atheris")  # (not everywhere, and without types)

    modules = _modules_of(name)
    with atheris.instrument_imports(include=modules):
        target = load(name)
    corpus, found = folder / "corpus", folder / "found"
    for place in (corpus, found):
        place.mkdir(parents=True, exist_ok=True)
    for content in target.seeds():
        (corpus / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)
    check = keeping(target.check, found)
    print(f"known {check_known(target, check, found)}", flush=True)
    flags = [
        f"-max_total_time={seconds}",
        f"-max_len={MAX_INPUT_BYTES}",
        f"-timeout={HANG_S}",
        f"-rss_limit_mb={MEMORY_MIB}",
        f"-artifact_prefix={found}/",
        "-print_final_stats=1",
    ]
    atheris.Setup([name, *flags, str(corpus)], check)
    atheris.Fuzz()


def _modules_of(name: str) -> list[str]:
    """Return a target's modules without importing them: they are to be watched from the start."""
    import ast

    for node in ast.walk(ast.parse((TARGETS / f"{name}.py").read_bytes())):
        if isinstance(node, ast.keyword) and node.arg == "modules":
            return list(ast.literal_eval(node.value))
    raise LookupError(f"{name} names no modules")


def main() -> None:
    """Run the target that the command line names."""
    name, seconds, folder, engine = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    if engine == "atheris":
        with_atheris(name, seconds, folder)
        return
    target = load(name)
    check = keeping(target.check, folder / "found")
    print(f"known {check_known(target, check, folder / 'found')}", flush=True)
    print(f"stat::number_of_executed_units: {with_hypothesis(target, check, seconds)}")


if __name__ == "__main__":
    main()
