"""SQLite and PostgreSQL find the same, in every script."""

from pathlib import Path
from uuid import UUID

import pytest

from causerie.db import search
from causerie.db.database import Database
from causerie.db.postgres import PostgresDatabase
from causerie.db.sqlite import SqliteDatabase
from causerie.db.work import Actor, Work
from causerie.ids import new_id
from tests.node import migrated_file
from tests.postgres import PostgresDatabase as Urls

TEXTS = {
    1: ("", "The keeper of the lighthouse was asleep, and nobody lit the lamp."),
    2: ("", "Él encendió la lámpara del faro; la niña preguntó por qué."),
    3: ("", "Straße, STRASSE, Weiß: groß ist das Meer im 19. Jahrhundert."),
    4: ("Captain Marrow", "Rides the sea's white horses and won't say why; O'Brien_knows 100 % of it."),
    5: ("", "نگهبان فانوس دریایی خواب بود و کسی چراغ را روشن نکرد."),
    6: ("", "كَتَبَ الوَلَدُ رسالةً إلى القبطان في ١٩ سطرًا"),
    7: ("", "می‌خواهم به خانه بروم؛ کتاب‌ها روی میز است."),
    8: ("", "東京の灯台は夜になると光る。ｶﾞﾗｽの窓。"),
    9: ("東京物語", "守灯塔的人睡着了，没有人点灯。"),
    10: ("", "ガラスの窓から海が見えた。"),
    11: ("", "ประภาคารส่องแสงในคืนที่มืดมิด"),
    12: ("", "คนเฝ้าประภาคารหลับอยู่ ไม่มีใครจุดตะเกียง"),
    13: ("", "wren: a small bird. 東京 is far; ประภาคาร too, and چراغ."),
    14: ("Wren", "Keeps the lamp lit."),
}

# Words, and which of the texts have them all.
QUESTIONS: list[tuple[str, set[int]]] = [
    ("lighthouse", {1}),
    ("LIGHTHOUSE keeper", {1}),
    ("lamp", {1, 2, 14}),
    ("lamp ", {1, 14}),
    ("lámpara", {2}),
    ("LAMPARA faro ", {2}),
    ("nina", {2}),
    ("encendio por que ", {2}),
    ("que", {2}),
    ("ke", set()),
    ("kee", {1, 14}),
    ("strasse ", {3}),
    ("straße", {3}),
    ("weiss gross ", {3}),
    ("19 ", {3}),
    ("sea s", {4}),
    ("sea horses", {4}),
    ("won't", {4}),
    ("o'brien", {4}),
    ("brien_knows ", {4}),
    ("100 %", {4}),
    ("m", {4}),
    ("ca mar", set()),
    ("captain mar", {4}),
    ("w", {14}),
    ("wren", {13, 14}),
    ("wren lamp ", {14}),
    ("چراغ", {5, 13}),
    ("فانوس دریایی ", {5}),
    ("چرا ", set()),
    ("چرا", {5, 13}),
    ("كتب ", {6}),
    ("القبطان رسالة ", {6}),
    ("الولد", {6}),
    ("میخواهم ", {7}),
    ("می‌خواهم خانه ", {7}),
    ("کتابها ", {7}),
    ("東京", {8, 9, 13}),
    ("灯台", {8}),
    ("灯", {8, 9}),
    ("京の", {8}),
    ("台灯", set()),
    ("ガラス", {8, 10}),
    ("ｶﾞﾗｽの窓", {8, 10}),
    ("カラス", set()),
    ("没有人点灯", {9}),
    ("守灯塔 睡着", {9}),
    ("物語", {9}),
    ("ประภาคาร", {11, 12, 13}),
    ("ประภาคาร ตะเกียง", {12}),
    ("แสงใน", {11}),
    ("มืดมิด ส่อง", {11}),
    ("東京 wren چراغ ", {13}),
    ('"lamp" OR ) & * :', set()),
    ("' lamp '", {1, 14}),
]


def put(work: Work) -> None:
    texts = [search.Text(search.CHARACTER, UUID(int=number), text, title) for number, (title, text) in TEXTS.items()]
    search.put_all(work, texts)


def find(work: Work) -> dict[str, set[int]]:
    window = search.Window(search.CHARACTER)
    return {
        question: {one.id.int for one in search.find(work, search.parse(question), [window], len(TEXTS))}
        for question, _ in QUESTIONS
    }


async def _found(database: Database) -> dict[str, set[int]]:
    alice, bob = Actor(new_id()), Actor(new_id())
    for actor in (alice, bob):
        await database.work(actor, put)
    try:
        return await database.read(alice, find)
    finally:
        await database.close()


async def test_sqlite_finds_what_has_all_the_words(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    file = migrated_file(tmp_path_factory.getbasetemp() / "empty.db", tmp_path / "words.db")

    assert await _found(SqliteDatabase(file)) == dict(QUESTIONS)


@pytest.mark.slow
async def test_postgres_finds_the_same(postgres_database: Urls) -> None:
    assert await _found(await PostgresDatabase.open(postgres_database.url)) == dict(QUESTIONS)


def test_there_are_questions_enough() -> None:
    assert len(QUESTIONS) >= 50
