"""A code is spent once, a token is one source a quarter, and the database joins none of them."""

import re
from concurrent.futures import ThreadPoolExecutor

from aicost.team.access import holds, join, leave, make_invites, member, unspent
from aicost.team.database import Database


def test_a_code_can_be_used_once(database: Database) -> None:
    with database.transaction() as change:
        codes = make_invites(change, 3)
        assert len(set(codes)) == unspent(change) == 3
        token = join(change, codes[0], "pilot")
        assert token is not None
        assert join(change, codes[0], "pilot") is None
        assert join(change, "made-up", None) is None
        assert unspent(change) == 2
        found = member(change, token)
        assert found is not None
        assert found.cohort == "pilot"
        assert member(change, "made-up") is None
        assert member(change, "") is None


def test_a_code_can_be_given_on_a_command_line(database: Database) -> None:
    with database.transaction() as change:
        codes = make_invites(change, 200)
    assert [code for code in codes if not re.fullmatch("[a-z2-7]{24}", code)] == []


def test_whoever_left_is_nobody(database: Database) -> None:
    with database.transaction() as change:
        token = join(change, make_invites(change, 1)[0], None)
        assert token is not None
        leave(change, token)
        assert member(change, token) is None


def test_a_token_is_one_source_in_each_epoch(database: Database) -> None:
    with database.transaction() as change:
        assert holds(change, "token", "2026Q4", "ada")
        assert holds(change, "token", "2026Q4", "ada")
        assert not holds(change, "token", "2026Q4", "bob")
        assert holds(change, "token", "2027Q1", "eve")
        assert holds(change, "other", "2026Q4", "bob")


def test_no_secret_lies_in_the_database_as_it_is(database: Database) -> None:
    with database.transaction() as change:
        code = make_invites(change, 1)[0]
        token = join(change, code, None)
        assert token is not None
        holds(change, token, "2026Q4", "ada")
        kept = [
            str(value)
            for table in ("invite", "token", "holder")
            for row in change.rows(f"SELECT * FROM {table}")
            for value in row
        ]
    hashes = [value for value in kept if len(value) == 64]
    assert len(hashes) == len(set(hashes)) == 4  # no hash stands in two tables
    assert not {code, token, "ada"} & set(kept)


def test_a_code_that_many_use_at_once_is_good_for_one(database: Database) -> None:
    with database.transaction() as change:
        codes = make_invites(change, 4)

    def joined(code: str) -> str | None:
        with database.transaction() as change:
            return join(change, code, None)

    for code in codes:
        with ThreadPoolExecutor(8) as pool:
            tokens = list(pool.map(joined, [code] * 8))
        assert len(list(filter(None, tokens))) == 1


def test_a_token_that_claims_many_names_at_once_gets_one(database: Database) -> None:
    """Else one person could be as many as a group needs, and uncover who else is in it."""

    def is_held(asked: tuple[str, str]) -> bool:
        with database.transaction() as change:
            return holds(change, asked[0], "2026Q4", asked[1])

    for token in ("t1", "t2", "t3", "t4"):
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(is_held, [(token, f"name{number}") for number in range(8)]))
        assert sum(found) == 1
