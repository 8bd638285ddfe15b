"""The words that a turn's features may name: general words of software work, and no others. Pure.

Of a prompt, of what an agent said and of a commit's message, only which of these words occur is
ever kept: numbers, in no order, without counts. No name, path, value or sentence can be told from
them. Words stand by their stem. The lists are append-only: stored features refer to them by number.
"""

import re
from functools import lru_cache
from typing import Final

_WORDS = """\
about abstract accept access accumulated accurate across actions active actual actually add
additions address adr advisory affects after again against agent alert all allow already also
alternative always amend an analysis analyze and another any anymore anything api appears append
apply approach approve architecture are argument around array artifacts as asking assert
assertion at attempt audit auth author auto automatically available avoid back background
backwards based bash be because become been before beginning behavior being benchmark better
between bin binary bit blocking both brainstorm branch break broken bug bugbot build built
bumped but button by byte ca cache calculate calls callers can captures carefully cargo case
catch cause chain changes changelog chars characters chart check checkout cherry ci claim
clarify claude clean cleaner cleanup clear cli client clone close code codebase codemod column
com combined command comment commit common compare comparison compatible compile compilation
compiler complete completion comprehensive computes cons concern concurrent condition config
configured configuration confirmed conflict confusing consider consistent consolidate constants
constructed contains containers content context continue conversation conversion convert cookie
copilot copy core correct correctly corrupted could count covering coverage crash crate create
creation critical cron css current currently cursor cve dashboard date data database dead
deadlock debug decision decodes dedup default deferred defined definition deleted deletion
dependabot dependency deploy deprecated describing description design detached details detect
detection determine dev developer dialog did diff difference different direct directly directory
disable discard display do docs docker docstring document documentation does doing done double
down downgrade download duplicated duplication each earlier early echo edge edits either elixir
else email empty enable encoding encrypt end endpoint ensure entirely entries enum env
environment epic error escaped estimate etc evaluate even event every everything exact exactly
example excellent exception exec executed executable existing exit expected explain explicitly
explore export extract failed failures falls fallback false fatal feasible feature feedback
fetch few field figure file filter fine final find fires first fix fixtures flag flaky flow
folder following for force fork form format formatter found framework freeze fresh from full
fully function functionality future gap gem generated generic get git github give go going
golang gomod gone good got gradle graphql great green grpc guide had handle handlers hangs
happens hardcoded has hash have head help helper helpful here hidden history home hook hour how
however html https icon id identical identify ids if ignore immediately implement implementation
import important improve improvements in include inconsistent incorrect incorrectly index
indicate information init initial initialize injected injection inline input insecure insight
inspect installed installation instead instruction integrate integration intended intentionally
interactive interface into introduced invalid investigate io is issue it its itself java job
json just keep kept key know kubernetes last later latest layouts leaks leave left legacy len
less let level lgtm library like likely lines link lint linter list live load local locally
location lock lockfile logging logic login long longer look loop lose lost machine made main
major make makefile manual manually map marked marker match maven may maybe md me means
mechanism memory mentioned menu merge message metadata method metrics mid might migrate
migration mins minor minute mismatch missing mix mock mode model modifications modified module
modular monitor more most move msg multi multiple must my name necessary need never new next nit
no node non not nothing notice notification now npm null number obsolete occur of off ok old
older on once one only open operations opinion opt optimizing option or order origin original
orphaned os other otherwise our out outdated output over overflow override overview own package
paging pagination panic parallel parameter parent parse part partial pass patch path pattern
payload peer per perfect performance permissions persist phase phoenix phrasing pick pipes
pipeline places plan please pnpm point populated post postcommit potential potentially pr pre
prefix prepare present preserved press prevents previous previously primary print pro probably
problem proceed process produces production profile progress project prompt proper properly
propose proposal prototype provide proxy publish pull purpose push put pypi python quality query
question queue race random range rather raw re react read readme ready real really rebase
rebuild recent redirect reduce redundant ref refactor refers reference reflect regardless
register registry regression related release relevant remaining remote removed removals rename
render renovate reorganize replace repo reports repository repro reproduce request requires
requirements research reset resolution resolve response rest restart restore restructuring
result resume retry return reuse revert review reviewer rewrite right role root route ruby run
runner runtime rust safe same sanitized saved savechanges says scan scenario schedule screen
script sdk search second secrets section see seems segfault selected semver send sense separate
server session set settings setup severity sh shared shell short should show shown signature
silent silently similar simple simpler simplified since single situation skip slices slow
snapshot so socket solution some somehow someone something sonar sort source spawn specific
specifically specified spell spike split sql squash stacktrace staged stale standard start stash
state statements status stay step still stop store storage strategy stream strings stripe struct
structure stub style subagent submit subsequent succeeds successfully suggest suggestion suite
summarize summary support suppress sure switch sync system table tags takes target task tell
temp terminal terraform test text than that the their them then there these they this thing
think those though three throttle through time timeout timestamp to toggle token too tool
toolchain top total touched trace traceback tracking tradeoffs tree tries trigger true truncated
try turn tutorial two type typecheck typescript typo unchanged uncommitted undefined under
underflow understand unexpected unit unknown unrelated unsafe unstaged untracked unused up
update upgrade upload upstream usage use used useful user using valid validate validation value
var variable verification verify version vet via view violating visible vs vue vulnerability
vulnerable wait wants warning warnings was way we webhook well were what when where whether
which while who whole why widget will with within without wo wonder word work worker workflow
worktree worth would wraps wrapper write written wrong xss yaml yarn yes yet you your
"""
_PAIRS = """\
add support, add test, all done, all test, asking about, break changes, bug fix, can we, can
you, clean up, code quality, code review, commit message, could we, create pr, create test,
current branch, dead code, do we, do you, does not, error message, existing test, explain the,
explore the, failed test, failed to, find where, fix lint, fix run, fix test, fix the, following
plan, github com, go ahead, here summary, how the, how to, implement the, instead of,
integration test, is incorrect, is missing, is not, is there, is wrong, issue is, issue with,
latest version, let do, let implement, let us, lint issue, lint pass, look at, make sense, make
sure, me add, me check, me create, me explore, me fix, me look, me read, me run, me update,
merge conflict, move the, need to, never use, new feature, new test, new version, no longer, no
test, not use, not work, now let, open pr, part of, pass here, pr comment, pr review, pull
request, push to, rather than, read the, refactor the, removed the, rename the, replace the,
review comment, review feedback, review the, root cause, run lint, run test, search for, see if,
should be, should not, should use, show me, tell me, test failed, test for, test pass, test
suite, the bug, the codebase, the commit, the docs, the error, the fix, the issue, the plan, the
pr, the problem, the readme, the review, the test, there is, think about, to add, to bumped, to
commit, to create, to find, to fix, to implement, to investigate, to plan, to refactor, to
removed, to rename, to replace, to review, to run, to test, to understand, to update, to
upgrade, to write, unit test, update the, use the, user asking, user is, user wants, wants me,
wants to, was not, we can, we could, we need, we should, what about, what happens, what is, why
does, why is, will not, wo not, work on, would be, would it, write test, yes please
"""
WORDS: Final = (*_WORDS.split(), *(" ".join(pair.split()) for pair in _PAIRS.split(",")))
_WORD: Final = re.compile(r"[a-z]{2,24}")
_ENDINGS: Final = (("ing", ""), ("ied", "y"), ("ies", "y"), ("ed", ""), ("es", ""), ("s", ""))
_DOUBLED: Final = frozenset("bdgmnprt")


def word_numbers(text: str, most: int, *, looked_at: int = 250) -> tuple[int, ...]:
    """Return the numbers of the known words, and pairs of them, that begin a text; each once.

    At most `most` of them, of the first `looked_at` words, in order of the text.
    """
    found: dict[int, None] = {}
    pairs: dict[str, int] | None = None
    for stem, number, with_next in map(_known, _words(text, looked_at)):
        if number is not None:
            found[number] = None
        if pairs is not None and (number := pairs.get(stem)) is not None:
            found[number] = None
        pairs = with_next
    return tuple(found)[:most]


def stems(text: str, most: int) -> list[str]:
    """Return the stems of a text's first words, in small letters; "n't" is a word "not"."""
    return [_stem(word) for word in _words(text, most)]


def _words(text: str, most: int) -> list[str]:
    low = text[: 12 * most].lower().replace("n't", " not").replace("n’t", " not")
    return _WORD.findall(low)[:most]


@lru_cache(maxsize=8192)
def _known(word: str) -> tuple[str, int | None, dict[str, int] | None]:
    """Return a word's stem, its number, and those of the pairs that begin with it."""
    stem = _stem(word)
    return stem, _NUMBERS.get(stem), _PAIRS_OF.get(stem)


@lru_cache(maxsize=8192)
def _stem(word: str) -> str:
    if len(word) < 4 or word.endswith("ss"):
        return word
    if len(word) == 4:
        return word[:-1] if word[-1] in "se" else word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) > 2:
            word = word[: -len(ending)] + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] in _DOUBLED:
        return word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] == "e" else word


_NUMBERS: Final = {" ".join(map(_stem, word.split())): at for at, word in enumerate(WORDS)}
_PAIRS_OF: Final[dict[str, dict[str, int]]] = {}  # first stem -> second -> number of the pair
for _stems, _number in _NUMBERS.items():
    if " " in _stems:
        _PAIRS_OF.setdefault(_stems.split()[0], {})[_stems.split()[1]] = _number


def number_of(word: str) -> int:
    """Return the number of a word, or of a pair of them. Raises KeyError if it is not known."""
    return _NUMBERS[" ".join(map(_stem, word.split()))]
