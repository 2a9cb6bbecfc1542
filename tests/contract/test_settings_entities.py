"""Profiles, models and prompts, the two rows of settings, who is asking, and how the server feels."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract import behaviours
from tests.contract.making import Api, ids, is_uuid, mint
from tests.contract.problems import pointers, refusal
from tests.contract.resources import MODELS, PROFILES, PROMPTS, Resource
from tests.contract.serving import Server

SECRET = "sk-canary-0123456789abcdef-wxyz"
entities = pytest.mark.parametrize("resource", [PROFILES, MODELS, PROMPTS], ids=lambda resource: resource.path[1:])


@entities
def test_what_was_created_is_read_listed_changed_and_replaced(api: Api, resource: Resource) -> None:
    row = resource.make(api, name="First")

    assert api.get(resource.one(row)) == row
    assert api.get(resource.path, limit=1)["items"] == [row]
    assert api.patch(resource.one(row), name="Second")["name"] == "Second"
    replaced = api.http.put(resource.one(row), json=resource.least(api) | {"name": "Third"})
    assert (replaced.status_code, replaced.json()["name"]) == (200, "Third")


@entities
def test_what_was_deleted_can_be_restored(api: Api, resource: Resource) -> None:
    row = resource.make(api)
    api.delete(resource.one(row))

    refusal(api.http.get(resource.one(row)), 404, "not_found")
    refusal(api.http.delete(resource.one(row)), 404, "not_found")
    assert row["id"] not in ids(api.every(resource.path, limit=200))

    restored = api.http.post(f"{resource.one(row)}/restore")

    assert restored.status_code == 200
    assert api.get(resource.one(row))["name"] == row["name"]


@entities
def test_what_never_was_cannot_be_restored(api: Api, resource: Resource) -> None:
    refusal(api.http.post(f"{resource.path}/{mint()}/restore"), 404, "not_found")


@pytest.mark.parametrize(
    ("resource", "fields"),
    [
        (PROFILES, {"name", "avatar_image", "description", "is_default"}),
        (PROMPTS, {"name", "content", "is_default"}),
        (
            MODELS,
            {
                "name",
                "provider",
                "model",
                "base_url",
                "api_key",
                "context_window",
                "max_output_tokens",
                "temperature",
                "top_p",
                "options",
                "paid",
                "continue_prefix",
                "enabled",
            },
        ),
    ],
    ids=["profiles", "prompts", "models"],
)
def test_a_row_has_every_promised_field(api: Api, resource: Resource, fields: set[str]) -> None:
    row = resource.make(api)

    assert fields | {"id", "version", "created_at", "updated_at"} <= row.keys()
    assert is_uuid(row["id"])


@pytest.mark.parametrize("kind", ["local", "openai", "openrouter", "gemini"])
def test_the_providers_that_a_model_may_name(api: Api, kind: str) -> None:
    model = "smollm2" if kind == "local" else "m"

    assert api.create("/models", name="M", provider=kind, model=model)["provider"] == kind


def test_a_class_that_the_operator_did_not_name_cannot_be_a_model(api: Api) -> None:
    body = {"name": "M", "provider": "langchain", "model": "os:system"}

    response = api.http.post("/models", json=body)

    if response.status_code == 201:  # the row names a class that nobody registered: calling it must fail
        reply = api.say(api.session(ai_model_id=response.json()["id"])["id"], "Hello?")["ai_message"]
        assert reply["status"] == "failed"
    else:
        refusal(response, 422)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("provider", "nobody"),
        ("temperature", -0.1),
        ("temperature", 2.1),
        ("temperature", 1e308),
        ("top_p", -0.1),
        ("top_p", 1.1),
        ("context_window", 0),
        ("context_window", -1),
        ("max_output_tokens", 0),
        ("max_output_tokens", 1.5),
        ("base_url", "not an address"),
        ("base_url", "ftp://example.com/v1"),
        ("base_url", "file:///etc/passwd"),
        ("base_url", "javascript:alert(1)"),
        ("model", ""),
    ],
)
def test_a_model_out_of_range_is_refused(api: Api, name: str, value: object) -> None:
    problem = refusal(api.http.post("/models", json=MODELS.least(api) | {name: value}), 422)

    assert f"/{name}" in pointers(problem)


@pytest.mark.parametrize(
    "base_url",
    [
        "http://10.0.0.1/v1",
        "http://192.168.1.1:8080/v1",
        "http://169.254.169.254/latest/meta-data",
        "http://[fd00:ec2::254]/v1",
        "http://[::ffff:10.0.0.1]/v1",
        "http://100.100.100.200/v1",
        "http://0xa000001/v1",
        "http://167772161/v1",
    ],
)
def test_a_private_address_that_the_operator_did_not_allow(api: Api, base_url: str) -> None:
    problem = refusal(api.http.post("/models", json=MODELS.least(api) | {"base_url": base_url}), 422)

    assert "/base_url" in pointers(problem)


def test_a_providers_key_is_never_shown_again(api: Api) -> None:
    created = api.http.post("/models", json=MODELS.least(api) | {"api_key": SECRET})
    model_id = created.json()["id"]
    answers = [
        created,
        api.http.get(f"/models/{model_id}"),
        api.http.get("/models", params={"limit": 1}),
        api.http.patch(f"/models/{model_id}", json={"name": "Renamed"}),
    ]

    for answer in answers:
        assert answer.status_code in {200, 201}
        assert SECRET[:-4] not in answer.text
        assert SECRET[-4:] in answer.text


def test_a_providers_key_reaches_the_provider(api: Api) -> None:
    behaviour = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT)
    model_id = api.model(behaviour, api_key=SECRET)

    api.say(api.session(ai_model_id=model_id)["id"], "Hello?")

    (asked,) = api.provider.asked(behaviour)
    assert SECRET in {value.removeprefix("Bearer ") for value in asked["headers"].values()}


def test_putting_back_what_was_read_keeps_the_key(api: Api) -> None:
    behaviour = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT)
    model_id = api.model(behaviour, api_key=SECRET)
    row = api.get(f"/models/{model_id}")

    assert api.http.put(f"/models/{model_id}", json=row).status_code == 200
    api.say(api.session(ai_model_id=model_id)["id"], "Hello?")

    (asked,) = api.provider.asked(behaviour)
    assert SECRET in {value.removeprefix("Bearer ") for value in asked["headers"].values()}


def test_another_address_drops_the_key(api: Api) -> None:
    behaviour = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT)
    model_id = api.model(behaviour, api_key=SECRET, base_url="https://api.example.com/v1")

    api.patch(f"/models/{model_id}", base_url=api.provider.base_url)
    api.say(api.session(ai_model_id=model_id)["id"], "Hello?")

    (asked,) = api.provider.asked(behaviour)
    assert "canary" not in str(asked["headers"])
    assert SECRET[-4:] not in str(api.get(f"/models/{model_id}")["api_key"])


def test_a_models_settings_reach_the_provider(api: Api) -> None:
    behaviour = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT)
    model_id = api.model(behaviour, temperature=0.25, top_p=0.5, max_output_tokens=77, options={"seed": 5})

    api.say(api.session(ai_model_id=model_id)["id"], "Hello?")

    (asked,) = api.provider.asked(behaviour)
    body = asked["body"]
    assert (body["temperature"], body["top_p"], body["seed"]) == (0.25, 0.5, 5)
    assert 77 in {body.get("max_tokens"), body.get("max_completion_tokens")}


def test_a_model_that_is_switched_off_answers_nobody(api: Api) -> None:
    behaviour = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT)
    model_id = api.model(behaviour, enabled=False)
    body = {"chat_session_id": api.session(ai_model_id=model_id)["id"], "message": "Hello?"}

    response = api.http.post("/chat/send_message", json=body)

    if response.status_code == 200:
        assert response.json()["ai_message"]["status"] == "failed"
    else:
        refusal(response, {409, 422})
    assert api.provider.asked(behaviour) == []


def test_a_model_can_be_tried(api: Api) -> None:
    behaviour = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT)

    response = api.http.post(f"/models/{api.model(behaviour)}/test")

    assert response.status_code == 200, response.text
    assert len(api.provider.asked(behaviour)) == 1


def test_trying_a_model_that_fails_says_why(api: Api) -> None:
    response = api.http.post(f"/models/{api.model(behaviours.FAILING)}/test")

    assert response.status_code < 600
    assert response.status_code != 500
    assert "key" in response.text.lower()


def test_the_system_prompt_of_the_session_is_sent(api: Api) -> None:
    behaviour = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT)
    prompt = api.create("/prompts", name="Rhyme", content="Always answer in rhymes.")

    api.say(api.session(behaviour, system_prompt_id=prompt["id"])["id"], "Hello?")

    (asked,) = api.provider.asked(behaviour)
    assert "Always answer in rhymes." in asked["body"]["messages"][0]["content"]


def test_the_profile_of_the_session_is_sent(api: Api) -> None:
    behaviour = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT)
    profile = api.create("/profiles", name="Ilse", description="A sailor with a green coat.")

    api.say(api.session(behaviour, user_profile_id=profile["id"])["id"], "Hello?")

    (asked,) = api.provider.asked(behaviour)
    assert "A sailor with a green coat." in str(asked["body"]["messages"])


@pytest.fixture
def settings(api: Api) -> Iterator[dict[str, Any]]:
    """The settings, put back afterwards."""
    before = api.get("/settings")
    yield before
    names = ("default_ai_model_id", "default_system_prompt_id", "default_user_profile_id", "context_messages")
    api.patch("/settings", **{name: before[name] for name in names})


def test_settings_merge_and_are_replaced(api: Api, settings: dict[str, Any]) -> None:
    profile, prompt = api.create("/profiles", name="P"), api.create("/prompts", name="P", content="Be kind.")

    api.patch("/settings", default_user_profile_id=profile["id"])
    merged = api.patch("/settings", default_system_prompt_id=prompt["id"])
    replaced = api.http.put("/settings", json={"default_system_prompt_id": prompt["id"]})

    assert merged["default_user_profile_id"] == profile["id"]
    assert replaced.status_code == 200
    assert replaced.json()["default_system_prompt_id"] == prompt["id"]
    assert replaced.json()["default_user_profile_id"] is None
    assert api.get("/settings") == replaced.json()


def test_how_the_pages_look_merges_inside_and_is_replaced_as_a_whole(api: Api) -> None:
    before = api.get("/settings")["interface"]

    api.patch("/settings", interface={"theme": "dark"})
    merged = api.patch("/settings", interface={"density": "compact"})["interface"]
    whole = api.get("/settings")
    replaced = api.http.put("/settings", json={**whole, "interface": {"theme": "light"}})
    api.patch("/settings", interface=before)

    assert (merged["theme"], merged["density"]) == ("dark", "compact")
    assert replaced.status_code == 200, replaced.text
    assert replaced.json()["interface"] == before | {"theme": "light", "density": "cosy"}
    assert api.get("/settings")["interface"] == before


@pytest.mark.req("S23")
@pytest.mark.parametrize("name", ["default_ai_model_id", "default_system_prompt_id", "default_user_profile_id"])
def test_settings_name_only_what_is_there(api: Api, name: str) -> None:
    before = api.get("/settings")

    refusal(api.http.patch("/settings", json={name: mint()}), 404, "not_found")

    assert api.get("/settings") == before


@pytest.mark.parametrize(
    ("name", "value"), [("context_messages", -1), ("context_messages", "many"), ("retention_days", -1)]
)
def test_settings_out_of_range_are_refused(api: Api, name: str, value: object) -> None:
    assert f"/{name}" in pointers(refusal(api.http.patch("/settings", json={name: value}), 422))


def test_context_messages_limits_what_the_model_reads(api: Api, settings: dict[str, Any]) -> None:
    behaviour = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT)
    session = api.session(behaviour)
    for n in range(12):
        api.store(session["id"], f"Number {n:02}.", role=("user", "assistant")[n % 2])
    api.patch("/settings", context_messages=4)

    api.say(session["id"], "How many do you remember?")

    (asked,) = api.provider.asked(behaviour)
    prompt = str(asked["body"]["messages"])
    assert "Number 11." in prompt
    assert "Number 00." not in prompt


def test_preferences_merge_and_are_replaced(api: Api) -> None:
    before = api.get("/preferences")
    assert {"voice", "style", "platform", "language"} <= before.keys()

    merged = api.patch("/preferences", voice="warm")
    merged = api.patch("/preferences", style="short")
    replaced = api.http.put("/preferences", json={"style": "long"})

    assert (merged["voice"], merged["style"]) == ("warm", "short")
    assert replaced.status_code == 200
    assert (replaced.json()["voice"], replaced.json()["style"]) == (before["voice"], "long")


def test_the_owner_is_who_asks(api: Api) -> None:
    me = api.get("/auth/me")

    assert is_uuid(me["id"])
    assert me == api.get("/auth/me")


def test_nobody_can_make_himself_the_owner(api: Api) -> None:
    me = api.get("/auth/me")

    response = api.http.get(
        "/auth/me", headers={"X-User-Id": mint(), "X-Hasura-Role": "admin", "Authorization": "Bearer x"}
    )

    assert response.status_code in {200, 401}
    assert response.status_code == 401 or response.json() == me


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/api/health"])
def test_the_server_tells_how_it_is(server: Server, path: str) -> None:
    response = httpx.get(f"{server.url}{path}")

    assert response.status_code == 200
    assert str(server.data) not in response.text


def test_health_names_its_parts(api: Api) -> None:
    health = api.get("/health")

    assert "database" in str(health)
