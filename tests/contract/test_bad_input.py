"""Bad input on every route: always a problem document with a stable code, never a failure of the server."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.contract import openapi
from tests.contract.making import Api, Row, mint
from tests.contract.openapi import Document, Operation
from tests.contract.problems import CODE, codes, pointers, refusal
from tests.contract.serving import Server

REPORT_BYTES = 16 << 10
"""What `/client-events` takes at most."""
MEBIBYTE = 1 << 20
OWN_NAMES = frozenset({"id", "user_id", "session_id", "message_id", "chat_session_id"})  # the row's own ids
SAMPLES: dict[str, Any] = {
    "name": "Wren",
    "content": "Hello.",
    "message": "Hello.",
    "role": "user",
    "provider": "openai",
    "model": "m",
    "chat_session_id": None,
    "events": [{"kind": "action", "name": "palette.open", "at": "2026-11-21T10:41:00Z"}],
}


@dataclass(frozen=True)
class Write:
    """An operation that takes a JSON object, at an address that leads to a row."""

    http: httpx.Client
    document: Document
    operation: Operation
    address: str

    def send(self, content: bytes | Iterator[bytes], kind: str = "application/json") -> httpx.Response:
        headers = {"Content-Type": kind}
        return self.http.request(self.operation.method, self.address, content=content, headers=headers)

    def send_json(self, value: object) -> httpx.Response:
        return self.send(json.dumps(value).encode())

    def fields(self, *kinds: str) -> list[str]:
        """Return the names of the fields that may be of one of these types; of all without any."""
        found = openapi.properties(self.document, self.operation.schema or {})
        return [
            name for name, schema in found.items() if not kinds or openapi.types(self.document, schema) & set(kinds)
        ]

    def limits(self) -> dict[str, int]:
        """Return the longest text that each field takes, where the document says."""
        found = openapi.properties(self.document, self.operation.schema or {})
        limits = {name: openapi.longest(self.document, schema) for name, schema in found.items()}
        return {name: limit for name, limit in limits.items() if limit is not None}

    def sample(self) -> dict[str, Any]:
        """Return a body that the operation takes."""
        return smallest(self.document, self.operation)


def smallest(document: Document, operation: Operation) -> dict[str, Any]:
    required = openapi.resolved(document, operation.schema or {}).get("required", [])
    return {name: SAMPLES[name] for name in required}


@pytest.fixture(scope="module")
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=15) as http:
        yield http


@pytest.fixture(scope="module")
def document(api: Api) -> Document:
    return openapi.document(api)


@pytest.fixture(scope="module")
def operations(document: Document) -> list[Operation]:
    return list(openapi.operations(document))


@pytest.fixture(scope="module")
def rows(api: Api) -> Iterator[dict[str, Row]]:
    """One row of each kind that paths speak of; after all of this module they are as they were."""
    session = api.session(title="Untouched")
    model = {"provider": "openai", "model": "m", "base_url": api.provider.base_url}
    rows = {
        "sessions": session,
        "messages": api.store(session["id"], "Untouched"),
        "characters": api.character(name="Untouched"),
        "profiles": api.create("/profiles", name="Untouched"),
        "models": api.create("/models", name="Untouched", **model),
        "prompts": api.create("/prompts", name="Untouched", content="Be kind."),
    }
    rows["sessions"] = api.get(f"/sessions/{session['id']}")
    yield rows
    for kind, row in rows.items():
        assert api.get(f"/{kind}/{row['id']}").items() >= row.items()


@pytest.fixture(scope="module")
def writes(http: httpx.Client, document: Document, operations: list[Operation], rows: dict[str, Row]) -> list[Write]:
    def address(operation: Operation) -> str:
        kind = operation.path.split("/")[2].replace("chat-sessions", "sessions")
        names = openapi.parameters(operation)
        if not names:
            return operation.path
        row_id: str = rows[kind]["id"]
        return operation.address(**dict.fromkeys(names, row_id))

    return [Write(http, document, operation, address(operation)) for operation in operations if operation.schema]


def test_the_matrix_covers_the_routes(writes: list[Write]) -> None:
    assert len(writes) > 25


@pytest.mark.req("S73")
@pytest.mark.parametrize(
    "content",
    [b"{", b"{'title': 1}", b'{"title": "a",}', b"\xff\xfe{}", b'{"title": "\xff"}', b"title=a", b"\x00", b"{}{}"],
    ids=["open", "python", "comma", "utf-16", "not utf-8", "form", "nul", "two"],
)
def test_broken_json_is_400(writes: list[Write], content: bytes) -> None:
    for write in writes:
        refusal(write.send(content), 400)


def test_nothing_at_all_is_no_body(writes: list[Write]) -> None:
    for write in writes:
        if (write.operation.body or {}).get("required"):
            refusal(write.send(b""), {400, 422})


@pytest.mark.req("S50")
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_json_has_no_number_for_is_400(writes: list[Write], number: str) -> None:
    for write in writes:
        refusal(write.send(b'{"temperature": %s}' % number.encode()), 400)


@pytest.mark.req("S50")
@pytest.mark.parametrize("depth", [65, 10_000, 400_000])
def test_deep_nesting_is_refused(writes: list[Write], depth: int) -> None:
    for write in writes:
        body = b'{"options": ' + b"[" * depth + b"]" * depth + b"}"
        too_large = write.address.endswith("/client-events") and len(body) > REPORT_BYTES
        refusal(write.send(body), {413} if too_large else {400, 422})


@pytest.mark.req("S50")
@pytest.mark.parametrize("number", ["9223372036854775808", "-9223372036854775809", "1" + "0" * 5_000, "1e400"])
def test_numbers_beyond_64_bits_are_refused(writes: list[Write], number: str) -> None:
    for write in writes:
        for name in write.fields("integer", "number", "object"):
            refusal(write.send(b'{"%s": %s}' % (name.encode(), number.encode())), {400, 422})
            refusal(write.send(b'{"%s": {"a": [%s]}}' % (name.encode(), number.encode())), {400, 422})


@pytest.mark.req("S73")
@pytest.mark.parametrize("value", [[], [{}], "text", 7, True], ids=json.dumps)
def test_a_body_that_is_no_object_is_422(writes: list[Write], value: object) -> None:
    for write in writes:
        refusal(write.send_json(value), 422)


@pytest.mark.req("S32")
@pytest.mark.parametrize(("name", "pointer"), [("nonsense", "/nonsense"), ("a/b~c", "/a~1b~0c"), ("", "/")])
def test_an_unknown_field_is_named(writes: list[Write], name: str, pointer: str) -> None:
    for write in writes:
        problem = refusal(write.send_json(write.sample() | {name: 1}), 422)
        assert pointers(problem) == {pointer}, write.operation


def test_a_field_of_the_wrong_type_is_named(writes: list[Write]) -> None:
    for write in writes:
        for name in set(write.fields("string", "integer", "number", "boolean", "array")) - set(write.fields("object")):
            problem = refusal(write.send_json({name: {"wrong": "type"}}), 422)
            assert any(pointer.startswith(f"/{name}") for pointer in pointers(problem)), (write.operation, problem)
            assert all(CODE.fullmatch(code) for code in codes(problem))


@pytest.mark.parametrize(
    ("value", "kinds"),
    [(7, ("integer", "number")), ("7", ("string",)), ("true", ("string",)), (True, ("boolean",)), ([], ("array",))],
    ids=str,
)
def test_no_type_stands_for_another(writes: list[Write], value: object, kinds: tuple[str, ...]) -> None:
    for write in writes:
        typed = write.fields("string", "integer", "number", "boolean", "array", "object")
        for name in set(typed) - set(write.fields(*kinds)):
            problem = refusal(write.send_json({name: value}), 422)
            assert any(pointer.startswith(f"/{name}") for pointer in pointers(problem)), (write.operation, problem)


def test_a_text_that_is_too_long_is_named(writes: list[Write]) -> None:
    checked = 0
    for write in writes:
        for name, limit in write.limits().items():
            problem = refusal(write.send_json({name: "x" * (limit + 1)}), 422)
            assert (f"/{name}", "too_long") in {(error["pointer"], error["code"]) for error in problem["errors"]}
            checked += 1
    assert checked > 25


def test_every_free_text_has_a_limit(writes: list[Write]) -> None:
    for write in writes:
        found = openapi.properties(write.document, write.operation.schema or {})
        free = {name for name in write.fields("string") if openapi.is_free_text(write.document, found[name])}
        assert not free - write.limits().keys(), write.operation


@pytest.mark.req("S50")
def test_a_nul_is_refused(writes: list[Write]) -> None:
    for write in writes:
        refusal(write.send_json(write.sample() | {"a\x00b": 1}), {400, 422})
        for name in write.fields("string"):
            refusal(write.send_json(write.sample() | {name: "a\x00b"}), {400, 422})


@pytest.mark.req("S50")
def test_lone_surrogates_are_replaced(api: Api) -> None:
    def create(path: str, **fields: Any) -> Row:
        headers = {"Content-Type": "application/json"}
        response = api.http.post(path, content=json.dumps(fields), headers=headers)
        assert response.status_code == 201, response.text
        return api.get(f"{path}/{response.json()['id']}")

    broken, mended = "a\ud800b\udfffc", "a\ufffdb\ufffdc"

    assert create("/sessions", title=broken)["title"] == mended
    character = create("/characters", name=broken, description=broken, tags=[broken])

    assert (character["name"], character["description"], character["tags"]) == (mended, mended, [mended])


@pytest.mark.req("S50")
def test_lone_surrogates_break_no_route(writes: list[Write]) -> None:
    for write in writes:
        refusal(write.send_json({"\udfff": 1} | dict.fromkeys(write.fields("string"), "\ud800")), 422)


@pytest.mark.req("S45")
def test_a_body_over_1_mib_is_413(writes: list[Write]) -> None:
    for write in writes:
        refusal(write.send(b'{"title": "' + b"x" * MEBIBYTE + b'"}'), 413)


@pytest.mark.req("S45")
def test_10_mib_are_413_whether_announced_or_not(writes: list[Write]) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"title": "'
        for _ in range(160):
            yield b"x" * 65_536
        yield b'"}'

    for write in writes:
        refusal(write.send(b'{"title": "' + b"x" * (10 * MEBIBYTE) + b'"}'), 413)
        refusal(write.send(pieces()), 413)


@pytest.mark.req("S14")
@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "x", ""],
)
def test_only_json_is_taken(writes: list[Write], kind: str) -> None:
    for write in writes:
        refusal(write.send(b"{}", kind), 415)


def test_an_id_of_nothing_is_404(http: httpx.Client, document: Document, operations: list[Operation]) -> None:
    for operation in operations:
        if not openapi.parameters(operation):
            continue
        if operation.body is None:
            response = http.request(operation.method, operation.address())
            refusal(response, 404, "not_found")
        elif operation.schema is not None:
            response = http.request(operation.method, operation.address(), json=smallest(document, operation))
            refusal(response, 404, "not_found")


@pytest.mark.parametrize("nonsense", ["7", "not-an-id", "%00", "..%2f..", "%F0%9F%90%88", "0" * 2_000, "' OR 1=1 --"])
def test_an_id_that_is_none_is_refused(http: httpx.Client, operations: list[Operation], nonsense: str) -> None:
    for operation in operations:
        names = openapi.parameters(operation)
        if names:
            address = operation.address(**dict.fromkeys(names, nonsense))
            refusal(http.request(operation.method, address), {400, 404, 405, 415, 422})


@pytest.mark.req("S23")
def test_a_foreign_id_in_a_body_is_404(writes: list[Write]) -> None:
    checked = 0
    for write in writes:
        references = {name for name in write.fields("string") if name.endswith("_id")} - OWN_NAMES
        if write.operation.path.endswith("/fork"):
            references = {"message_id"}
        elif write.operation.path.startswith("/api/chat/") or write.operation.path == "/api/chat":
            references |= {"chat_session_id"}
        for name in references:
            if not openapi.read_only(write.document, write.operation, name):
                refusal(write.send_json(write.sample() | {name: mint()}), 404, "not_found")
                checked += 1
    assert checked > 15


@pytest.mark.parametrize(
    ("method", "path", "pointer"),
    [
        ("DELETE", "/sessions/{sessions}?permanent=maybe", "?permanent"),
        ("DELETE", "/messages/{messages}?subtree=maybe", "?subtree"),
        ("GET", "/messages?chat_session_id=x", "?chat_session_id"),
        ("GET", "/messages?chat_session_id={sessions}&limit=0", "?limit"),
        ("GET", "/messages?chat_session_id={sessions}&limit=201", "?limit"),
        ("GET", "/messages?chat_session_id={sessions}&leaf=x", "?leaf"),
        ("GET", "/messages?chat_session_id={sessions}&before=x", "?before"),
        ("GET", "/messages?chat_session_id={sessions}&cursor=x", "?cursor"),
        ("GET", "/sessions/{sessions}/messages?limit=many", "?limit"),
        ("GET", "/sessions/{sessions}/events?after=-1", "?after"),
        ("GET", "/sessions/{sessions}/events?after=first", "?after"),
        ("GET", "/trash?limit=0", "?limit"),
        ("GET", "/trash?cursor=x", "?cursor"),
    ],
)
def test_a_wrong_value_in_the_query_is_named(
    api: Api, rows: dict[str, Row], method: str, path: str, pointer: str
) -> None:
    address = path.format_map({kind: row["id"] for kind, row in rows.items()})

    assert pointer in pointers(refusal(api.http.request(method, address), 422))


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_the_ways_to_say_json(api: Api, kind: str) -> None:
    assert api.http.post("/sessions", content=b"{}", headers={"Content-Type": kind}).status_code == 201


def test_a_slash_at_the_end_is_accepted_everywhere(http: httpx.Client, operations: list[Operation]) -> None:
    for operation in operations:
        if openapi.parameters(operation) and operation.schema is None:
            plain = http.request(operation.method, operation.address())
            slashed = http.request(operation.method, f"{operation.address()}/")
            assert slashed.status_code == plain.status_code, operation


def test_a_method_that_a_route_does_not_have_is_405(http: httpx.Client, operations: list[Operation]) -> None:
    for path in {operation.path for operation in operations}:
        offered = {operation.method for operation in operations if operation.path == path}
        method = "patch" if "patch" not in offered else "post"
        if method not in offered:
            response = http.request(method, Operation(method, path, None, {}).address(), json={})
            refusal(response, 405)
            assert response.headers["allow"]


@pytest.mark.req("S73")
@pytest.mark.parametrize("path", ["nothing", "sessions/a/b/c/d", "%2e%2e/%2e%2e/etc/passwd", "x" * 4_000])
def test_a_route_that_is_none_is_404(http: httpx.Client, path: str) -> None:
    refusal(http.get(f"/api/{path}"), 404)


@pytest.mark.req("S73")
def test_every_refusal_has_a_request_id_of_its_own(api: Api) -> None:
    first, second = (refusal(api.http.get(f"/sessions/{mint()}"), 404)["request_id"] for _ in range(2))

    assert first != second
