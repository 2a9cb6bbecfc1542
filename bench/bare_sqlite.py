"""What a turn's rows cost through Python's `sqlite3` alone: the baseline of database CPU."""

import sqlite3
import time
from pathlib import Path
from uuid import uuid4

EVENT = "e" * 700
"""As long as the frame of a message."""
SCHEMA = """
CREATE TABLE chat (id BLOB PRIMARY KEY, next_seq INT, total INT, leaf BLOB);
CREATE TABLE message (id BLOB PRIMARY KEY, chat BLOB, parent BLOB, role TEXT, content TEXT, status TEXT);
CREATE INDEX ix ON message (chat, parent);
CREATE TABLE generation (message BLOB PRIMARY KEY, state TEXT, attempt INT, trace TEXT);
CREATE TABLE event (chat BLOB, seq INT, body TEXT, PRIMARY KEY (chat, seq));
"""


def cpu_of_a_turn(folder: Path, turns: int) -> float:
    """Return the processor time (seconds) of storing one turn in two durable commits."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; {SCHEMA}")
    chat = uuid4().bytes
    connection.execute("INSERT INTO chat VALUES (?, 1, 0, NULL)", (chat,))
    started = time.thread_time()
    for _ in range(turns):
        _turn(connection, chat)
    used = time.thread_time() - started
    connection.close()
    return used / turns


def _turn(connection: sqlite3.Connection, chat: bytes) -> None:
    question, reply = uuid4().bytes, uuid4().bytes
    connection.execute("BEGIN IMMEDIATE")
    seq, leaf = connection.execute("SELECT next_seq, leaf FROM chat WHERE id = ?", (chat,)).fetchone()
    connection.executemany(
        "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?)",
        [(question, chat, leaf, "user", "Hello!", "complete"), (reply, chat, question, "assistant", "", "queued")],
    )
    connection.execute("INSERT INTO generation VALUES (?, 'streaming', 1, NULL)", (reply,))
    connection.executemany("INSERT INTO event VALUES (?, ?, ?)", [(chat, seq + step, EVENT) for step in range(4)])
    connection.execute("UPDATE chat SET next_seq = ?, total = total + 2, leaf = ? WHERE id = ?", (seq + 5, reply, chat))
    connection.execute("COMMIT")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE generation SET state = 'complete', trace = ? WHERE message = ?", (EVENT, reply))
    connection.execute("UPDATE message SET status = 'complete', content = ? WHERE id = ?", (EVENT, reply))
    connection.execute("INSERT INTO event VALUES (?, ?, ?)", (chat, seq + 4, EVENT))
    connection.execute("COMMIT")
