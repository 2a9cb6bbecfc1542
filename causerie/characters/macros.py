"""Names in authored texts: `{{char}}` and `{{user}}`, as the card specifications have them."""

import re

LONGEST_CODE_POINTS = 65_536
_NAMES = re.compile(r"\{\{(char|user)\}\}|<(bot|char|user)>", re.IGNORECASE)


def substitute(text: str, *, char: str, user: str) -> str:
    """Put the character's and the user's names into a text that an author wrote.

    `{{char}}`, `<BOT>`, `<CHAR>` and `{{user}}`, `<USER>`, in any case (Character Card V1). Everything else stays as
    it is, and so does a macro whose name would make the text longer than `LONGEST_CODE_POINTS` (S52). Never used on
    what somebody said in a chat: a message is data.
    """
    room = LONGEST_CODE_POINTS - len(text)

    def name(found: re.Match[str]) -> str:
        nonlocal room
        named = user if "user" in found.group().lower() else char
        growth = len(named) - len(found.group())
        if growth > 0 and growth > room:
            return found.group()
        room -= growth
        return named

    return _NAMES.sub(name, text)
