"""OpenAI's dialect: what goes out, and the many ways in which its imitators answer."""

from collections.abc import Callable
from typing import Any

import pytest

from causerie.providers.openai import OpenAIProvider
from causerie.providers.outgoing import Outgoing, Request
from causerie.providers.protocol import Finish, ModelConfig, PromptMessage, Sampling, Usage
from tests.providers.reading import QUESTION, Outcome, outcome
from tests.scripted_provider import ScriptedServer

TEXT = "Come in out of the wind. There is room by the stove."


@pytest.fixture
def play(server: ScriptedServer, outgoing: Outgoing) -> Callable[..., OpenAIProvider]:
    def play(model: dict[str, Any] | None = None, **script: Any) -> OpenAIProvider:
        name = server.play("scripted", **{"text": TEXT, **script})
        return OpenAIProvider(ModelConfig("openai", name, server.url, **(model or {})), outgoing)

    return play


Play = Callable[..., OpenAIProvider]


async def test_a_request_carries_the_prompt_the_key_and_what_was_chosen(play: Play, server: ScriptedServer) -> None:
    provider = play({"api_key": "sk-test", "temperature": 0.7, "max_output_tokens": 300, "options": {"top_k": 40}})

    await outcome(provider, sampling=Sampling(temperature=0.2, stop=("\n\n",), options={"min_p": 0.1}))

    asked = server.asked[0]
    assert asked.headers["Authorization"] == "Bearer sk-test"
    assert asked.body == {
        "model": "scripted",
        "messages": [
            {"role": "system", "content": "You are Wren."},
            {"role": "user", "content": "Who are you?"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.2,
        "max_tokens": 300,
        "stop": ["\n\n"],
        "top_k": 40,
        "min_p": 0.1,
    }


async def test_options_do_not_overwrite_the_prompt(play: Play, server: ScriptedServer) -> None:
    await outcome(play({"options": {"messages": [], "stream": False, "model": "dearer"}}))

    assert server.asked[0].body["model"] == "scripted"
    assert server.asked[0].body["stream"] is True
    assert len(server.asked[0].body["messages"]) == 2


async def test_openai_itself_gets_the_limit_under_its_new_name(outgoing: Outgoing) -> None:
    provider = OpenAIProvider(ModelConfig("openai", "gpt"), outgoing)

    request: Request = await provider._request(QUESTION, Sampling(max_tokens=5))

    assert request.url == "https://api.openai.com/v1/chat/completions"
    assert b'"max_completion_tokens": 5' in request.body
    assert b'"max_tokens"' not in request.body


async def test_comment_lines_are_no_events(play: Play) -> None:
    assert (await outcome(play(comments=True))).text == TEXT


async def test_usage_may_have_an_event_of_its_own_or_none(play: Play) -> None:
    assert (await outcome(play(usage=True))).usage == Usage(12, len(TEXT) // 4 + 1)
    assert (await outcome(play(usage=False))).usage is None


@pytest.mark.parametrize(
    ("finish", "done", "finish_seen", "code"),
    [
        ("stop", True, Finish("stop", None, "scripted"), None),
        ("stop", False, Finish("stop", None, "scripted"), None),
        (None, True, Finish(None), None),
        (None, False, None, "provider_cut"),
    ],
)
async def test_null_at_the_end_means_unknown_with_done_and_cut_without(
    play: Play, finish: str | None, done: bool, finish_seen: Finish | None, code: str | None
) -> None:
    got = await outcome(play(finish=finish, done=done))

    assert (got.text, got.finish, got.code) == (TEXT, finish_seen, code)


async def test_a_stream_that_ends_properly_in_the_middle_is_cut(play: Play) -> None:
    got = await outcome(play(fault="close", after=20))

    assert (got.text, got.code) == (TEXT[:20], "provider_cut")


async def test_an_event_that_is_no_json_ends_the_reply(play: Play) -> None:
    got = await outcome(play(fault="malformed", after=20))

    assert (got.text, got.code) == (TEXT[:20], "provider_malformed")


@pytest.mark.req("S70")
async def test_a_line_without_end_ends_the_reply(play: Play) -> None:
    got = await outcome(play(fault="long_line", after=20))

    assert (got.text, got.code) == (TEXT[:20], "provider_malformed")


async def test_a_server_that_does_not_stream_is_understood(play: Play) -> None:
    got = await outcome(play(as_json=True))

    assert (got.text, got.finish, got.usage is not None) == (TEXT, Finish("stop", None, "scripted"), True)


async def test_a_web_page_is_no_reply(play: Play) -> None:
    assert (await outcome(play(fault="html"))).code == "provider_malformed"


@pytest.mark.req("S41")
async def test_a_redirect_is_not_followed(play: Play, server: ScriptedServer) -> None:
    got = await outcome(play(fault="refuse", status=307))

    assert got.code == "provider_malformed"
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "error_code", "code"),
    [
        (400, "context_length_exceeded", "prompt_too_long"),
        (400, "content_filter", "content_blocked"),
        (429, "insufficient_quota", "provider_credits"),
        (403, None, "provider_auth"),
    ],
)
async def test_the_code_in_an_error_body_is_read(play: Play, status: int, error_code: str | None, code: str) -> None:
    assert (await outcome(play(fault="refuse", status=status, error_code=error_code))).code == code


@pytest.mark.parametrize(
    ("error_code", "code"),
    [
        (429, "provider_rate_limited"),
        ("429", "provider_rate_limited"),
        ("rate_limit_exceeded", "provider_rate_limited"),
        ("context_length_exceeded", "prompt_too_long"),
        (402, "provider_credits"),
        ("who knows", "provider_failed"),
        (200, "provider_failed"),
    ],
)
async def test_an_error_inside_http_200_is_read_like_one_outside(play: Play, error_code: str | int, code: str) -> None:
    got = await outcome(play(fault="error", after=8, error_code=error_code))

    assert (got.text, got.code) == (TEXT[:8], code)


async def test_a_blocked_reply_keeps_what_came_before(play: Play) -> None:
    got = await outcome(play(fault="blocked_output", after=8))

    assert (got.text, got.code) == (TEXT[:8], "content_blocked")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("soon", None), ("Fri, 01 Jan 2100 00:00:00 GMT", pytest.approx(2.3e9, rel=0.1))],
)
async def test_retry_after_is_read_as_seconds_or_date(play: Play, header: str, seconds: float | None) -> None:
    got = await outcome(play(fault="refuse", status=429, retry_after=header))

    assert got.error is not None
    assert got.error.retry_after == seconds


async def read_raw(outgoing: Outgoing, server: ScriptedServer, events: bytes) -> Outcome:
    """Let the reader read events that no script has."""
    model = server.play("raw", raw=events.decode())
    return await outcome(OpenAIProvider(ModelConfig("openai", model, server.url), outgoing))


@pytest.mark.req("S70")
@pytest.mark.parametrize(
    "event",
    [
        "[]",
        "1",
        '"text"',
        '{"choices": {"a": 1}}',
        '{"choices": [1]}',
        '{"choices": [{"delta": "x"}]}',
        '{"choices": [{"delta": {"content": {"x": 1}}}]}',
        '{"choices": [{"delta": {"reasoning": 3}}]}',
        "[" * 100_000,
    ],
)
async def test_events_of_another_shape_are_malformed(outgoing: Outgoing, server: ScriptedServer, event: str) -> None:
    got = await read_raw(outgoing, server, f"data: {event}\n\n".encode())

    assert got.code == "provider_malformed"


async def test_unknown_fields_and_empty_events_are_passed_over(outgoing: Outgoing, server: ScriptedServer) -> None:
    events = [
        '{"choices": null, "novel": [1, 2]}',
        '{"choices": [{"delta": null, "finish_reason": null}], "usage": null, "error": null}',
        '{"choices": [{"delta": {"content": "Hi.", "tool_calls": []}, "logprobs": null}]}',
        '{"choices": [{"delta": {}, "finish_reason": "eos"}], "usage": {"prompt_tokens": "many"}}',
    ]

    got = await read_raw(outgoing, server, "".join(f"data: {event}\r\n\r\n" for event in events).encode())

    assert (got.text, got.finish, got.error) == ("Hi.", Finish("eos"), None)
    assert got.usage is None


async def test_a_connection_is_used_again_for_the_next_reply(play: Play, server: ScriptedServer) -> None:
    provider = play()

    for _ in range(3):
        await outcome(provider)

    assert len({asked.port for asked in server.asked}) == 1


async def test_a_finished_reply_does_not_wait_long_for_done(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("causerie.providers.event_stream.LINGER_SECONDS", 0.05)

    got = await outcome(play(fault="linger", usage=False, done=False))

    assert (got.text, got.finish, got.error) == (TEXT, Finish("stop", None, "scripted"), None)


async def test_prompts_may_be_of_any_role_order(play: Play, server: ScriptedServer) -> None:
    prompt = [
        PromptMessage("assistant", "Hello!"),
        PromptMessage("user", "Hi."),
        PromptMessage("user", "Are you there?"),
    ]

    await outcome(play(), prompt)

    assert [message["role"] for message in server.asked[0].body["messages"]] == ["assistant", "user", "user"]


@pytest.mark.req("S70")
@pytest.mark.parametrize(
    ("name", "kept"),
    [(r"m\ud800\u0000", "m?"), ("m" * 100_000, "m" * 200)],
    ids=["not storable", "endless"],
)
async def test_names_are_given_out_as_they_can_be_stored(play: Play, name: str, kept: str) -> None:
    end = f'{{"model": "{name}", "choices": [{{"delta": {{"content": "Yes."}}, "finish_reason": "{name}"}}]}}'

    told = await outcome(play(raw=f"data: {end}\n\ndata: [DONE]\n\n"))

    assert told.error is None
    assert told.pieces[-1] == Finish(kept, None, kept)


@pytest.mark.req("S70")
@pytest.mark.parametrize(
    ("tokens", "cost", "usage"),
    [
        ("1" * 30, "0", None),
        ("-1", "0", None),
        ("1", "NaN", Usage(1, 1)),
        ("1", "1e999", Usage(1, 1)),
        ("1", "1" * 400, Usage(1, 1)),
        ("1", "-1e999", None),
    ],
)
async def test_what_cannot_be_counted_is_not(play: Play, tokens: str, cost: str, usage: Usage | None) -> None:
    counts = f'{{"prompt_tokens": {tokens}, "completion_tokens": 1, "cost": {cost}}}'
    end = f'{{"choices": [{{"delta": {{"content": "Yes."}}, "finish_reason": "stop"}}], "usage": {counts}}}'

    told = await outcome(play(raw=f"data: {end}\n\ndata: [DONE]\n\n"))

    assert (told.error, told.text, told.usage) == (None, "Yes.", usage)
