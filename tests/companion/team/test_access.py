"""A code is spent once, a token is one source a quarter, and the database joins none of them."""

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
