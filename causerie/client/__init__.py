"""A client for programs that talk with Causerie: one connection that survives what connections suffer."""

from causerie.client.reducer import SessionState
from causerie.client.socket import Ack, Client, ClientError, NotSignedIn, Refused, SessionLeft, connect

__all__ = ["Ack", "Client", "ClientError", "NotSignedIn", "Refused", "SessionLeft", "SessionState", "connect"]
