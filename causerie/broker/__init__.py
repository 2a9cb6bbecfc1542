"""How the processes of one installation tell each other things: wake-ups, live text, committed events."""
