"""Refusals of chats."""

from uuid import UUID

from causerie.errors import CauserieError, Conflict, NotFound


class SessionNotFound(NotFound):
    """The actor has no such session, or it is in the trash."""

    def __init__(self) -> None:
        super().__init__("There is no such session. It may have been deleted; the trash keeps it for a while.")


class MessageNotFound(NotFound):
    """The actor has no such message, or it is in the trash."""

    def __init__(self) -> None:
        super().__init__("There is no such message. It may have been deleted; the trash keeps it for a while.")


class ReferenceNotFound(NotFound):
    """What a body names (a character, a profile, a model, a prompt) is not the actor's or not there."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"There is no such {kind}.")


class MessageConflict(Conflict):
    """A message's id is stored with other content, another character or in another session."""

    code, title = "id_conflict", "This id is taken by another message"

    def __init__(self, message_id: UUID) -> None:
        super().__init__("A message with this id but other content is stored. Send yours with a new id.", id=message_id)


class ReplyRunning(Conflict):
    """A reply that is not finished cannot be edited."""

    code, title = "reply_running", "The reply is still being written"

    def __init__(self) -> None:
        super().__init__("Stop the reply, or wait until it is finished; then it can be changed.")


class NothingToAnswer(Conflict):
    """The branch does not end with something that the user said."""

    code, title = "nothing_to_answer", "There is nothing to answer here"

    def __init__(self) -> None:
        super().__init__("The branch does not end with a message of the user. Say something, or swipe the last reply.")


class NotRetryable(Conflict):
    """The message is not a reply that failed or was stopped."""

    code, title = "nothing_to_retry", "This cannot be tried again"

    def __init__(self) -> None:
        super().__init__("Only a reply that failed or was stopped can be tried again; any reply can be swiped.")


class NotAReply(Conflict):
    """The message was not written by a model."""

    code, title = "not_a_reply", "This message is no reply of a model"

    def __init__(self) -> None:
        super().__init__("Only a model's reply can be continued or swiped.")


class NoModel(CauserieError):
    """Neither the session, nor its character, nor the settings name a model that can be used."""

    status, code, title = 409, "no_model", "No model is chosen"

    def __init__(self) -> None:
        super().__init__("Choose a model for this chat, for its character or in the settings; then try again.")
