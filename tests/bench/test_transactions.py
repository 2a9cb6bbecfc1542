"""What a log of statements tells of transactions."""

import json
from uuid import UUID

from bench.transactions import Transaction, transactions_of

ADA, NOBODY = "01a1fee1-b470-7083-abb4-e7220c3bbd96", str(UUID(int=0))


def opening(actor: str) -> str:
    return f"statement: BEGIN; SELECT set_config('causerie.user_id', '{actor}', true); SET LOCAL jit = 'off'"


def logged(pid: int, vxid: str, *messages: str) -> list[str]:
    return [json.dumps({"pid": pid, "vxid": vxid, "message": message}) for message in messages]


def test_a_transaction_has_an_actor_and_counts_what_it_writes() -> None:
    said = logged(
        7,
        "3/1",
        opening(ADA),
        "execute __asyncpg_stmt_1__: SELECT id FROM message WHERE id = $1 FOR UPDATE",
        "execute __asyncpg_stmt_2__: WITH write_0 AS (INSERT INTO message (id) VALUES ($1)), \n"
        "write_1 AS (UPDATE chat_session SET next_seq=$2) SELECT 1",
        "execute __asyncpg_stmt_3__: DELETE FROM job WHERE id = $1",
        "statement: COMMIT",
    )

    assert transactions_of("\n".join(said)) == [Transaction(UUID(ADA), writes=3)]


def test_transactions_are_told_apart_whatever_runs_beside_them() -> None:
    first = logged(7, "3/1", opening(ADA), "execute s: INSERT INTO message (id) VALUES ($1)", "statement: COMMIT")
    beside = logged(8, "4/1", opening(NOBODY), "execute s: UPDATE worker SET running=$1", "statement: COMMIT")
    second = logged(7, "3/2", opening(ADA), "statement: ROLLBACK")
    interleaved = [line for pair in zip(first, beside, strict=True) for line in pair] + second

    found = transactions_of("\n".join(interleaved))

    assert [(str(transaction.actor), transaction.writes) for transaction in found] == [(ADA, 1), (NOBODY, 1), (ADA, 0)]


def test_what_is_no_statement_of_a_users_transaction_does_not_count() -> None:
    superuser = logged(9, "5/1", "statement: DELETE FROM message")
    server = [json.dumps({"pid": 1, "message": "INSERT INTO is not what a checkpoint of the server does"})]

    assert transactions_of("\n".join(superuser + server)) == []
