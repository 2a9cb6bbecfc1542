"""One index over all text of a user, written with the rows and asked in the same words on both databases."""

from causerie.db.search.entries import CHARACTER, MESSAGE, SESSION, Text, forget, go_on, put, put_all
from causerie.db.search.finding import NEWEST, Found, Window, find, find_in_session, sessions_with
from causerie.db.search.words import Finder, Query, Term, fold, parse, spread

__all__ = [
    "CHARACTER",
    "MESSAGE",
    "NEWEST",
    "SESSION",
    "Finder",
    "Found",
    "Query",
    "Term",
    "Text",
    "Window",
    "find",
    "find_in_session",
    "fold",
    "forget",
    "go_on",
    "parse",
    "put",
    "put_all",
    "sessions_with",
    "spread",
]
