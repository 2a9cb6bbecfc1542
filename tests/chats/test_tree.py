"""The tree of a session: swipes, branches, deletions with undo, revisions, forks; and no row is lost on the way."""

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from causerie.chats import repository, service
from causerie.chats.errors import MessageNotFound, NotAReply, NothingToAnswer, ReplyRunning
from causerie.chats.models import ChatSession, Message, SessionEvent, Status
from causerie.chats.schemas import Fork, MessagePatch, NewMessage, NewSession, NewSwipe, SessionChange
from causerie.http.answers import Expected, Stale
from causerie.ids import new_id
from tests.node import Node, NoStarter

pytestmark = pytest.mark.anyio


async def told(node: Node, *texts: str) -> tuple[UUID, list[UUID]]:
    """Make a session with these messages, the user's and the character's by turns."""
    session = (await node.do(service.start, NewSession())).id
    ids = []
    for place, text in enumerate(texts):
        role = "assistant" if place % 2 else "user"
        ids.append((await node.do(service.store, session, NewMessage(role=role, content=text))).id)
    return session, ids


async def test_swiping_makes_a_sibling_and_moves_there(node: Node) -> None:
    session, (_, reply) = await told(node, "Hi", "First")
    swipe_id = new_id()

    asked = await node.do(service.swipe, reply, NewSwipe(id=swipe_id), NoStarter())
    again = await node.do(service.swipe, reply, NewSwipe(id=swipe_id), NoStarter())

    assert (asked.message.id, asked.changed, again.changed) == (swipe_id, True, False)
    siblings = await node.read(service.list_siblings, reply)
    assert [sibling.id for sibling in siblings] == [reply, swipe_id]
    assert (await node.read(service.get, session)).active_leaf_id == swipe_id


async def test_only_a_reply_to_somebody_can_be_swiped(node: Node) -> None:
    _, (mine, _) = await told(node, "Hi", "First")
    with pytest.raises(NotAReply):
        await node.do(service.swipe, mine, NewSwipe(), NoStarter())
    session = (await node.do(service.start, NewSession())).id
    greeting = await node.do(service.store, session, NewMessage(role="assistant", content="Welcome"))
    with pytest.raises(NothingToAnswer):
        await node.do(service.swipe, greeting.id, NewSwipe(), NoStarter())


async def test_a_message_with_children_stands_for_its_newest_leaf(node: Node) -> None:
    session, (first, second) = await told(node, "Hi", "There")
    old_leaf = (await node.do(service.store, session, NewMessage(content="Old", parent_id=second))).id
    new_leaf = (await node.do(service.store, session, NewMessage(content="New", parent_id=second))).id

    chat = await node.do(service.change, session, SessionChange(active_leaf_id=old_leaf), Expected(), whole=False)
    assert chat.active_leaf_id == old_leaf
    chat = await node.do(service.change, session, SessionChange(active_leaf_id=first), Expected(), whole=False)
    assert chat.active_leaf_id == new_leaf


async def test_a_deleted_row_leaves_its_branch_and_what_follows_stays(node: Node) -> None:
    session, ids = await told(node, "One", "Two", "Three", "Four")

    await node.do(service.delete, ids[1], Expected())

    page = await node.read(service.list_messages, session)
    assert [(m.content, m.position) for m in page.items] == [("One", 1), ("Three", 2), ("Four", 3)]
    assert page.total == 3
    assert [m.parent_id for m in page.items] == [None, ids[0], ids[2]]
    assert (await node.read(service.get_message, ids[2])).parent_id == ids[0]
    last = await node.read(service.list_messages, session, limit=2)
    assert last.items[0].parent_id == ids[0]
    with pytest.raises(MessageNotFound):
        await node.read(service.get_message, ids[1])
    await node.do(service.restore_message, ids[1])
    assert await node.branch(session) == ["One", "Two", "Three", "Four"]


async def test_one_undo_brings_back_what_one_delete_took(node: Node) -> None:
    session, ids = await told(node, "One", "Two", "Three", "Four")
    await node.do(service.delete, ids[3], Expected())
    taken = await node.do(service.delete, ids[1], Expected(), subtree=True)

    assert taken == 2
    assert await node.branch(session) == ["One"]
    assert (await node.read(service.get, session)).total_messages == 1
    await node.do(service.restore_message, ids[2])
    assert await node.branch(session) == ["One", "Two", "Three"]
    await node.do(service.restore_message, ids[3])
    assert await node.branch(session) == ["One", "Two", "Three", "Four"]
    assert (await node.read(service.get, session)).total_messages == 4


async def test_clearing_a_session_can_be_undone_whole(node: Node) -> None:
    session, ids = await told(node, "One", "Two", "Three")
    assert await node.do(service.clear, session) == 3
    assert await node.branch(session) == []
    await node.do(service.restore_message, ids[1])
    assert await node.branch(session) == ["One", "Two", "Three"]


async def test_an_edit_keeps_what_was_said_before(node: Node) -> None:
    _, (mine, _) = await told(node, "Frist", "Pardon?")

    edited = await node.do(service.edit, mine, MessagePatch(content="First"), Expected('"1"'))

    assert (edited.content, edited.version) == ("First", 2)
    revisions = await node.read(service.list_revisions, mine)
    assert [(revision.version, revision.content) for revision in revisions] == [(1, "Frist")]
    with pytest.raises(Stale):
        await node.do(service.edit, mine, MessagePatch(content="Later"), Expected('"1"'))
    same = await node.do(service.edit, mine, MessagePatch(content="First"), Expected())
    assert same.version == 2


async def test_an_unfinished_reply_cannot_be_edited_but_deleted(node: Node) -> None:
    said = await node.say("Hello")
    assert said.ai_message is not None
    with pytest.raises(ReplyRunning):
        await node.do(service.edit, said.ai_message.id, MessagePatch(content="Mine now"), Expected())

    await node.do(service.delete, said.ai_message.id, Expected())

    assert node.kinds()[-3:] == ["chat:stream:end", "message:deleted", "session:updated"]
    assert (await node.message(said.ai_message.id)).status is Status.STOPPED


async def test_a_fork_is_a_session_of_its_own(node: Node) -> None:
    session, ids = await told(node, "One", "Two", "Three")

    fork = await node.do(service.fork, session, Fork(message_id=ids[1]))
    await node.do(service.store, fork.id, NewMessage(content="Elsewhere"))

    assert await node.branch(fork.id) == ["One", "Two", "Elsewhere"]
    assert await node.branch(session) == ["One", "Two", "Three"]


async def test_a_fork_hides_and_pins_what_its_origin_does(node: Node) -> None:
    session, ids = await told(node, "One", "Two")
    await node.do(service.edit, ids[0], MessagePatch(hidden=True, pinned=True), Expected())

    fork = await node.do(service.fork, session, Fork())

    page = await node.read(service.list_messages, fork.id)
    assert [(message.hidden, message.pinned) for message in page.items] == [(True, True), (False, False)]


async def test_pages_lead_to_the_beginning_and_back(node: Node) -> None:
    texts = [f"{number}" for number in range(1, 13)]
    session, ids = await told(node, *texts)

    newest = await node.read(service.list_messages, session, limit=5)
    older = await node.read(service.list_messages, session, limit=5, cursor=newest.next_cursor)
    oldest = await node.read(service.list_messages, session, limit=5, cursor=older.next_cursor)

    assert [[m.content for m in page.items] for page in (oldest, older, newest)] == [texts[:2], texts[2:7], texts[7:]]
    assert oldest.next_cursor is None
    assert await node.branch(session, limit=3, direction="before", anchor=ids[5]) == ["3", "4", "5"]
    assert await node.branch(session, limit=3, direction="after", anchor=ids[5]) == ["7", "8", "9"]
    assert await node.branch(session, limit=4, direction="around", anchor=ids[5]) == ["4", "5", "6", "7"]


@pytest.mark.parametrize("deleted", [[], [0, 2]], ids=["whole", "with holes"])
async def test_a_page_around_a_message_near_the_beginning_is_full(node: Node, deleted: list[int]) -> None:
    texts = [f"{number}" for number in range(1, 13)]
    session, ids = await told(node, *texts)
    for place in deleted:
        await node.do(service.delete, ids[place], Expected())
    living = [text for place, text in enumerate(texts) if place not in deleted]

    assert await node.branch(session, limit=6, direction="around", anchor=ids[1]) == living[:6]
    assert await node.branch(session, limit=6, direction="around", anchor=ids[11]) == living[-4:]


async def test_the_trash_gives_back_and_the_purge_leaves_no_word(node: Node) -> None:
    session, _ = await told(node, "A canary", "Sings")
    await node.do(service.trash, session, Expected())
    with pytest.raises(Exception, match="no such session"):
        await node.read(service.get, session)
    await node.do(service.restore, session)
    assert await node.branch(session) == ["A canary", "Sings"]

    await node.do(service.trash, session, Expected())
    while await node.do(service.purge_slice, session):
        pass
    for model in (Message, SessionEvent, ChatSession):
        rows = await node.read(lambda work, of=model: work.session.scalar(select(func.count()).select_from(of)))
        assert rows == 0


acts = st.lists(
    st.tuples(st.sampled_from(["say", "swipe", "delete", "cut", "restore"]), st.integers(0, 99)), max_size=25
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=acts)
async def test_counts_numbers_and_branches_agree_whatever_is_done(node: Node, acts: list[tuple[str, int]]) -> None:
    """`total_messages` counts the living, `seq` has no gap, and what one delete took one restore brings back."""
    session = (await node.say("Root")).session_id
    node.notices.clear()
    start = (await node.read(repository.get_session, session)).next_seq
    everything: list[UUID] = []
    living: set[UUID] = set()
    living_rows = select(Message.id, Message.parent_id).where(
        Message.session_id == session, Message.deleted_at.is_(None)
    )
    for kind, pick in acts:
        alive = [message for message in everything if message in living]
        if kind == "say" or not alive:
            said = await node.say(f"Say {pick}", session_id=session, generate=False)
            reply = await node.do(service.store, session, NewMessage(role="assistant", content="Yes"))
            everything += [said.user_message.id, reply.id]
            living |= {said.user_message.id, reply.id}
        elif kind in ("delete", "cut"):
            await node.do(service.delete, alive[pick % len(alive)], Expected(), subtree=kind == "cut")
        elif kind == "swipe":
            message = await node.message(alive[pick % len(alive)])
            if message.role == "assistant" and message.parent_id in living:
                asked = await node.do(service.swipe, message.id, NewSwipe(), NoStarter())
                everything.append(asked.message.id)
        else:
            await node.do(service.restore_message, everything[pick % len(everything)])
        parents = await node.read(lambda work: {row.id: row.parent_id for row in work.session.execute(living_rows)})
        living = set(parents)
        chat = await node.read(service.get, session)
        assert chat.total_messages == len(living)
        assert chat.active_leaf_id is None or chat.active_leaf_id in living
        page = await node.read(service.list_messages, session, limit=200)
        assert [message.position for message in page.items] == list(range(1, len(page.items) + 1))
        assert page.total == len(page.items)
        for message in page.items:
            beside = [one for one, parent in parents.items() if parent == parents[message.id]]
            assert message.sibling_ids == sorted(beside)
    mine = [notice.seq for notice in node.notices if notice.session.session_id == session]
    assert mine == list(range(start, start + len(mine)))
