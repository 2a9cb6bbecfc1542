"""How the pages look and behave for one user, the same on every device."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from causerie.http.answers import Flag, Input

MOST_KEYS = 100

Command = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9._-]{0,63}$")]
Chord = Annotated[str, StringConstraints(pattern=r"^[^\s\x00-\x1f\x7f]{1,40}$")]


class Interface(Input):
    """What a user chose for the pages; what was never chosen is as it stands here."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"theme": "dark", "keys": {"palette": "Control+k"}}]}
    )

    theme: Literal["system", "light", "dark", "contrast"] = "system"
    layout: Literal["manuscript", "bubbles"] = "manuscript"
    density: Literal["cosy", "compact"] = "cosy"
    font_size: Literal["small", "medium", "large"] = "medium"
    story_face: Literal["serif", "interface"] = "serif"
    language: Literal["en", "fa", "zh"] | None = Field(default=None, description="null: what the browser asks for.")
    enter: Literal["send", "newline"] = "send"
    follow: Flag = Field(default=True, description="The transcript follows a reply that is being written.")
    motion: Literal["system", "reduced"] = "system"
    announce: Literal["sentences", "ends", "off"] = Field(
        default="sentences", description="What a screen reader is told of a reply that is being written."
    )
    keys: Annotated[dict[Command, Chord | None], Field(max_length=MOST_KEYS)] = Field(
        default_factory=dict,
        description="Chords that differ from the usual ones, by command; null: it has no key. Given as a whole.",
    )
    client_log: Flag = Field(default=True, description="The pages report errors and slowness to `/api/client-events`.")
    welcomed: Flag = Field(default=False, description="The welcome was seen or skipped.")


def merged(stored: dict[str, Any] | None, given: Interface) -> dict[str, Any] | None:
    """Return `stored` with the members that `given` has, as it is kept: only what differs from the defaults.

    `keys` is one member, so that a command can return to its usual chord.
    """
    whole = Interface.model_validate({**(stored or {}), **given.model_dump(exclude_unset=True)})
    return whole.model_dump(exclude_defaults=True) or None
