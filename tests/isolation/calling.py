"""What the functions of units of work are called with.

A function with a parameter of a name and kind that nothing here stands for fails the suite.
"""

import inspect
import types
import typing
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import inspect as inspect_mapped

from causerie.aimodels import service as aimodels
from causerie.aimodels.schemas import NewModel
from causerie.aimodels.sealing import Sealer
from causerie.broker.ports import CachedSession, LiveText, SessionKey
from causerie.chats import repository, service
from causerie.chats.models import ChatSession, Generation, Role, Status
from causerie.chats.recording import Entry
from causerie.chats.schemas import SessionOut
from causerie.chats.service.writing import NewRow
from causerie.chats.showing import shown
from causerie.db.base import Base, table_of
from causerie.db.work import Work
from causerie.generation.claiming import Claimed, Found
from causerie.generation.reply import Reply
from causerie.generation.slots import Slots, Taking, Waiting
from causerie.http.answers import Expected
from causerie.http.idempotency import Recorded
from causerie.http.paging import write_cursor
from causerie.jobs.models import Job
from causerie.profiles import service as profiles
from causerie.prompting.context import Context
from causerie.prompting.parts import Draft, Part, Spoken
from causerie.prompting.tracing import PromptTrace
from causerie.prompts import service as prompts
from causerie.providers.protocol import ModelConfig, Sampling
from causerie.settings.models import ApplicationSettings
from tests.isolation.estate import DIGEST, FAR_AHEAD, JOB, KEY, LONG_AGO, ROUTE, RUNNING_KEY, Scene
from tests.isolation.functions import Function

FEW, STRIDE = 3, 3

Arguments = Mapping[str, Any]


class NobodyStarts:
    """A `Starter` with no free slot."""

    def try_start(self, work: Work, session_id: UUID, message_id: UUID) -> list[Entry] | None:
        del work, session_id, message_id
        return None


class AnySlot(Slots):
    """Slots that never run out, on whichever thread they are asked for."""

    def __init__(self) -> None:
        """Need no loop."""

    def take(self, model: Hashable, limit: int | None, asker: Waiting) -> Taking:
        del model, limit, asker
        return Taking.TAKEN

    def give_back(self, model: Hashable) -> None:
        del model


class AnyModel:
    """`ModelRules` that allow every model."""

    def check(self, config: ModelConfig) -> None:
        del config


def _text(what: str) -> str:
    return f"said by nobody: {what}"


def _bodies(kind: type[BaseModel], scene: Scene) -> list[BaseModel]:
    """Return bodies that name what the scene has: one id at a time, then all, then none."""
    needed: dict[str, Any] = {}
    ids: dict[str, Any] = {}
    for name, member in kind.model_fields.items():
        if UUID in (member.annotation, *typing.get_args(member.annotation)):
            if (member.json_schema_extra or {}) == {"readOnly": True}:
                continue
            ids[name] = scene["message_id" if name in {"id", "active_leaf_id"} else name.removeprefix("default_")]
        elif member.is_required():
            needed[name] = Role.USER if name == "role" else "openai" if name == "provider" else _text(name)
    alone = [{name: value} for name, value in ids.items()]
    # With the session that it is about, an id is tried where it means most.
    beside = [{"session_id": scene["session_id"], **one} for one in alone] if "session_id" in ids else []
    return [kind.model_validate({**needed, **some}) for some in [*alone, *beside, ids, _changes(kind)]]


def _changes(kind: type[BaseModel]) -> dict[str, Any]:
    return {
        name: value
        for name, value in {"title": _text("title"), "content": _text("content"), "is_default": True}.items()
        if name in kind.model_fields
    }


def _session_row(scene: Scene) -> ChatSession:
    """Return a session as an object that no database knows."""
    names = ("character_id", "user_profile_id", "ai_model_id", "system_prompt_id")
    return ChatSession(
        id=scene["session_id"],
        user_id=scene["owner"],
        title=_text("title"),
        next_seq=50,
        total_messages=1,
        active_leaf_id=scene["message_id"],
        version=1,
        created_at=LONG_AGO,
        updated_at=LONG_AGO,
        last_read_seq=0,
        last_reply_seq=4,
        pinned=False,
        archived=False,
        document_ids=[],
        category="",
        user_persona="",
        world_time="",
        summary="",
        **{name: scene[name] for name in names},
    )


def _session_out(scene: Scene) -> SessionOut:
    row = _session_row(scene)
    columns = {column.name: getattr(row, column.name) for column in table_of(ChatSession).columns}
    return shown(columns, last_words=_text("words"), answering=True)


def _job_row(scene: Scene) -> Job:
    return Job(
        id=scene["job_id"], user_id=scene["owner"], kind=JOB, arguments={"before": FAR_AHEAD.isoformat()}, done=0
    )


def _claimed(scene: Scene) -> Claimed:
    context = Context(reply_id=scene["message_id"], reply_version=1, branch=())
    session = SessionKey(scene["owner"], scene["session_id"])
    return Claimed(
        session=session,
        message_id=scene["message_id"],
        attempt=2,
        deadline=FAR_AHEAD,
        context=context,
        leased_until=0.0,
        kept="kept",
    )


def _found(scene: Scene) -> Found:
    row: Any = types.SimpleNamespace(
        next_seq=50,
        stop_requested=False,
        deadline_at=None,
        attempt=2,
        first_attempt=1,
        keep=None,
        partial_text=_text("partial"),
    )
    return Found(
        session=SessionKey(scene["owner"], scene["session_id"]),
        message_id=scene["message_id"],
        left_behind=True,
        attempt=2,
        owner=None,
        overdue=False,
        row=row,
    )


def _reply(scene: Scene) -> Reply:
    reply = Reply(_claimed(scene))
    reply.trace = _trace(scene)
    return reply


def _trace(scene: Scene) -> PromptTrace:
    parts = (
        Part("system_prompt", "system", _text("instructions")),
        Part("history", "user", _text("question"), Spoken(scene["question_id"], 1)),
    )
    draft = Draft(parts=parts, yielding=(), sampling=Sampling(), window=2_048, reserve=512, aim=1_024)
    return PromptTrace(parts=parts, draft=draft, factor=1.0, tokens=6, counted=True)


_references = {
    "default_ai_model_id": aimodels.get,
    "default_system_prompt_id": prompts.get,
    "default_user_profile_id": profiles.get,
}


def _of_the_scene(name: str) -> Callable[[Scene], Sequence[Any]]:
    return lambda scene: [scene[name]]


BY_NAME: Mapping[str, Callable[[Scene], Sequence[Any]]] = {
    **{
        name: _of_the_scene(name)
        for name in (
            "session_id",
            "message_id",
            "reply_id",
            "character_id",
            "user_profile_id",
            "profile_id",
            "model_id",
            "prompt_id",
            "job_id",
            "deletion_id",
            "sha256",
            "identity",
            "referred",
            "name",
        )
    },
    "parent_id": lambda scene: [scene["parent_id"], scene["message_id"]],
    "after_id": lambda scene: [scene["message_id"], None],
    "default_ai_model_id": lambda scene: [scene["ai_model_id"]],
    "root_id": lambda scene: [scene["question_id"]],
    "leaf": lambda scene: [scene["message_id"], scene["question_id"], None],
    "anchor": lambda scene: [scene["question_id"], scene["message_id"]],
    "direction": lambda _: ["after", "before", "around"],
    "cursor": lambda scene: [None, write_cursor(str(scene["message_id"]), str(scene["question_id"]))],
    "session_ids": lambda scene: [[scene["session_id"]]],
    "character_ids": lambda scene: [[scene["character_id"]]],
    "among": lambda scene: [None, frozenset({scene["message_id"]})],
    "ids": lambda scene: [None, [scene["question_id"], scene["message_id"]]],
    "beginning": lambda scene: [scene["label"]],
    "but": lambda scene: [None, scene["character_id"]],
    "trashed": lambda _: [None, True, False],
    "provider": lambda _: ["openai"],
    "instruction": lambda _: [None],
    "content": lambda _: [_text("content")],
    "worker": lambda _: [UUID(int=7)],
    "seen": lambda scene: [(), [LiveText(scene["message_id"], 2, _text("partial and more"))]],
    "attempt": lambda _: [2, 1],
    "limit": lambda _: [50],
    "depth": lambda _: [2],
    "count": lambda _: [1],
    "size": lambda _: [7],
    "after": lambda _: [0],
    "first_seq": lambda _: [None, 50],
    "next_seq": lambda _: [50],
    "texts": lambda _: [{"2" * 64: _text("words")}],
    "route": lambda _: [ROUTE],
    "key": lambda _: [KEY, RUNNING_KEY],
    "digest": lambda _: [DIGEST, "1" * 64],
}

BY_KIND: Mapping[Any, Callable[[Scene], Sequence[Any]]] = {
    bool: lambda _: [False, True],
    datetime: lambda _: [FAR_AHEAD],
    tuple[datetime, UUID] | None: lambda scene: [None, (FAR_AHEAD, scene["message_id"])],
    dict[str, Any] | None: lambda _: [{"before": FAR_AHEAD.isoformat()}],
    Expected: lambda _: [Expected()],
    Slots: lambda _: [AnySlot()],
    Sealer: lambda _: [Sealer(bytes(32))],
    aimodels.ModelRules: lambda _: [AnyModel()],
    service.Starter: lambda _: [NobodyStarts()],
    service.Ending: lambda _: [service.Ending(status=Status.STOPPED, content=_text("end"))],
    ChatSession: lambda scene: [_session_row(scene)],
    Generation: lambda scene: [
        Generation(
            user_id=scene["owner"],
            message_id=scene["message_id"],
            session_id=scene["session_id"],
            attempt=2,
            partial_text=_text("partial"),
        )
    ],
    CachedSession | None: lambda _: [None, CachedSession(4, '"a session"', '"messages"')],
    SessionOut: lambda scene: [_session_out(scene)],
    Job: lambda scene: [_job_row(scene)],
    Reply: lambda scene: [_reply(scene)],
    Iterable[Reply]: lambda scene: [[_reply(scene)]],
    Found: lambda scene: [_found(scene)],
    PromptTrace: lambda scene: [_trace(scene)],
    Recorded: lambda _: [Recorded(200, "application/json", _text("answer"))],
    Exception: lambda _: [RuntimeError("a bug")],
    Sequence[NewRow]: lambda scene: [
        [NewRow(session_id=scene["session_id"], role=Role.USER, content=_text("row"), parent_id=parent)]
        for parent in (None, scene["question_id"])
    ],
    Mapping[str, Any]: lambda scene: [{"id": scene["session_id"], "character_id": scene["character_id"]}],
    Entry: lambda scene: [Entry("message:updated", lambda _: _text("event"), scene["message_id"])],
    NewModel: lambda _: [NewModel(name=_text("model"), provider="openai", model="m")],
}


def calls(function: Function, scene: Scene) -> Iterator[Arguments]:
    """Yield what `function` is called with about `scene`, beside its `Work`: each choice by itself."""
    parameters = _signature(function).parameters.values()
    choices = {it.name: _choices(it, scene) for it in parameters if it.annotation is not Work}
    first = {name: values[0] for name, values in choices.items()}
    yield first
    for name, values in choices.items():
        # Of many choices some in each scene, so that each has its turn.
        some = values[1:] if len(values) <= FEW else values[1 + scene["place"] % STRIDE :: STRIDE]
        for value in some:
            yield {**first, name: value}


def call(function: Function, work: Work, given: Arguments) -> Any:
    """Call `function` with what is given by name, also what it takes by place alone."""
    signature = _signature(function)
    bound = signature.bind_partial()
    for parameter in signature.parameters.values():
        if parameter.name in given:
            value = given[parameter.name]
            many = parameter.kind is inspect.Parameter.VAR_POSITIONAL
            bound.arguments[parameter.name] = (value,) if many else _as_stored(work, value)
        else:
            bound.arguments[parameter.name] = work
    return function(*bound.args, **bound.kwargs)


@cache
def _signature(function: Function) -> inspect.Signature:
    return inspect.signature(function, eval_str=True)


def _as_stored(work: Work, value: Any) -> Any:
    """Return the actor's own row in the place of one that is known by its key alone, if the actor has it."""
    if not isinstance(value, Base):
        return value
    key = inspect_mapped(type(value)).primary_key_from_instance(value)
    return work.session.get(type(value), key) or value


def _choices(parameter: inspect.Parameter, scene: Scene) -> Sequence[Any]:
    kind = parameter.annotation
    if kind == aimodels.ModelRules:
        return [AnyModel()]
    if parameter.name == "references":
        return [_references]
    if parameter.name == "count_chats":
        return [repository.count_with_character]
    if parameter.name == "kind":
        return [{str: JOB, type: ApplicationSettings, Literal: scene["kind"]}[_family(kind)]]
    if make := BY_KIND.get(kind):
        return make(scene)
    if parameter.name in BY_NAME:
        return BY_NAME[parameter.name](scene)
    kinds = [one for one in (kind, *typing.get_args(kind)) if inspect.isclass(one) and issubclass(one, BaseModel)]
    if kinds:
        return [body for one in kinds for body in _bodies(one, scene)]
    raise LookupError(f"nothing stands for {parameter}: give it a maker in {__name__}")


def _family(kind: Any) -> Any:
    return typing.get_origin(kind) or kind
