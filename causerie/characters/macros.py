"""Names in authored texts: `{{char}}` and `{{user}}`, as the card specifications have them."""

import re

_NAMES = re.compile(r"\{\{(char|user)\}\}|<(bot|char|user)>", re.IGNORECASE)


def substitute(text: str, *, char: str, user: str) -> str:
    """Put the character's and the user's names into a text that an author wrote.

    `{{char}}`, `<BOT>`, `<CHAR>` and `{{user}}`, `<USER>`, in any case (Character Card V1). Everything else stays as
    it is. Never used on what somebody said in a chat: a message is data.
    """
    return _NAMES.sub(lambda found: user if "user" in found.group().lower() else char, text)
