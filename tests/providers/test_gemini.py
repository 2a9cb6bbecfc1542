"""What Gemini has of its own."""

import pytest

from causerie.providers.gemini import GeminiProvider
from causerie.providers.outgoing import Outgoing
from causerie.providers.protocol import Finish, ModelConfig, PromptMessage, Sampling, Usage
from tests.providers.reading import QUESTION, outcome
from tests.scripted_provider import ScriptedServer


def gemini(server: ScriptedServer, outgoing: Outgoing, **script: object) -> GeminiProvider:
    model = server.play("gemini-test", **{"text": "Hello, traveller.", **script})
    return GeminiProvider(ModelConfig("gemini", model, server.origin + "/v1beta", "g-key"), outgoing)


async def test_the_prompt_is_said_in_geminis_words(server: ScriptedServer, outgoing: Outgoing) -> None:
    prompt = [
        PromptMessage("system", "You are Wren."),
        PromptMessage("user", "Hello!"),
        PromptMessage("user", "Anyone?"),
        PromptMessage("assistant", "Good evening."),
        PromptMessage("assistant", ""),
        PromptMessage("user", "Who are you?"),
    ]
    sampling = Sampling(
        temperature=0.5,
        top_p=0.9,
        max_tokens=100,
        stop=("END",),
        options={"safetySettings": [], "generationConfig": {"topK": 5, "temperature": 2}},
    )

    await outcome(gemini(server, outgoing), prompt, sampling)

    assert server.asked[0].headers["x-goog-api-key"] == "g-key"
    assert server.asked[0].body == {
        "systemInstruction": {"parts": [{"text": "You are Wren."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Hello!"}, {"text": "Anyone?"}]},
            {"role": "model", "parts": [{"text": "Good evening."}]},
            {"role": "user", "parts": [{"text": "Who are you?"}]},
        ],
        "generationConfig": {
            "topK": 5,
            "temperature": 0.5,
            "topP": 0.9,
            "maxOutputTokens": 100,
            "stopSequences": ["END"],
        },
        "safetySettings": [],
    }


async def test_contents_are_never_empty(server: ScriptedServer, outgoing: Outgoing) -> None:
    await outcome(gemini(server, outgoing), QUESTION[:1])

    assert server.asked[0].body["contents"] == [{"role": "user", "parts": [{"text": "You are Wren."}]}]


async def test_the_models_name_cannot_leave_its_place_in_the_path(outgoing: Outgoing) -> None:
    provider = GeminiProvider(ModelConfig("gemini", "models/../../x?y#z"), outgoing)

    request = await provider._request(QUESTION, Sampling())

    assert request.url == (
        "https://generativelanguage.googleapis.com/v1beta/models/..%2F..%2Fx%3Fy%23z:streamGenerateContent?alt=sse"
    )


async def test_a_blocked_prompt_is_an_error_of_its_own(server: ScriptedServer, outgoing: Outgoing) -> None:
    got = await outcome(gemini(server, outgoing, fault="blocked_prompt"))

    assert (got.text, got.code) == ("", "content_blocked")
    assert "prompt" in str(got.error)


@pytest.mark.parametrize("after", [0, 5])
async def test_a_blocked_reply_keeps_what_came_before(server: ScriptedServer, outgoing: Outgoing, after: int) -> None:
    got = await outcome(gemini(server, outgoing, fault="blocked_output", after=after))

    assert (got.text, got.code) == ("Hello, traveller."[:after], "content_blocked")


async def test_usage_counts_up_and_thoughts_belong_to_it(server: ScriptedServer, outgoing: Outgoing) -> None:
    got = await outcome(gemini(server, outgoing, reasoning="Hm.", chunk=1))

    assert got.usage == Usage(12, 5 + 5)
    assert sum(isinstance(piece, Usage) for piece in got.pieces) == 1


async def test_a_stream_without_a_finish_is_cut(server: ScriptedServer, outgoing: Outgoing) -> None:
    got = await outcome(gemini(server, outgoing, finish=None))

    assert (got.text, got.code) == ("Hello, traveller.", "provider_cut")


async def test_a_server_that_does_not_stream_is_understood(server: ScriptedServer, outgoing: Outgoing) -> None:
    got = await outcome(gemini(server, outgoing, as_json=True))

    assert (got.text, got.finish) == ("Hello, traveller.", Finish("stop", None, "gemini-test"))


@pytest.mark.parametrize(
    "event",
    ['{"candidates": {"a": 1}}', '{"candidates": [7]}', '{"candidates": [{"content": {"parts": {"a": 1}}}]}', "[[1]]"],
)
async def test_events_of_another_shape_are_malformed(server: ScriptedServer, outgoing: Outgoing, event: str) -> None:
    got = await outcome(gemini(server, outgoing, raw=f"data: {event}\n\n"))

    assert got.code == "provider_malformed"
