"""JSON from outside (S50): strict, bounded, and only text that every part of the system can store."""

import json
import math
import re
from typing import Any

from causerie.errors import FieldError
from causerie.http.problems import Invalid, MalformedRequest

DEEPEST = 64
SMALLEST_INTEGER, LARGEST_INTEGER = -(2**63), 2**63 - 1
_INTEGER_DIGITS = 20
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_json(body: bytes) -> Any:
    """Return the value of a JSON text: at most 64 levels deep, integers in 64 bits, lone surrogates made U+FFFD.

    Raises:
        MalformedRequest: it is not JSON in UTF-8 (RFC 8259; NaN and Infinity are not), or nested too deeply.
        Invalid: a number is out of range, or a text holds NUL.
    """
    try:
        text = body.decode()
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("The body is not JSON.") from error
    # Escapes alone bring in surrogates and NUL, and few brackets cannot nest deeply: most bodies need no second look.
    if "\\u" in text or text.count("{") + text.count("[") > DEEPEST:
        value = _checked(value, "", DEEPEST)
    return value


def _checked(value: Any, pointer: str, levels: int) -> Any:
    match value:
        case str():
            return _storable(value, pointer)
        case dict() | list() if levels == 0:
            raise MalformedRequest(f"The body is nested more than {DEEPEST} levels deep.")
        case dict():
            return {
                _storable(name, pointer): _checked(member, f"{pointer}/{name}", levels - 1)
                for name, member in value.items()
            }
        case list():
            return [_checked(member, f"{pointer}/{index}", levels - 1) for index, member in enumerate(value)]
        case _:
            return value


def _storable(text: str, pointer: str) -> str:
    if "\0" in text:
        raise Invalid([FieldError(pointer=pointer, code="nul_character", detail="Text may not hold U+0000.")])
    return _LONE_SURROGATE.sub("\ufffd", text)


def _integer(digits: str) -> int:
    if len(digits) <= _INTEGER_DIGITS and SMALLEST_INTEGER <= (value := int(digits)) <= LARGEST_INTEGER:
        return value
    raise _out_of_range()


def _number(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise _out_of_range()
    return value


def _out_of_range() -> Invalid:
    return Invalid([FieldError(pointer="", code="out_of_range", detail="Integers must fit into 64 bits.")])


def _constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_number, parse_constant=_constant)
