"""A scripted model provider: an HTTP server on loopback that speaks OpenAI's and Gemini's streams and fails on demand.

What a request gets is a `Script`, found by the request's model name: a script registered under that name, or one
written into the name itself as a query, `scripted?seed=7&length=300&pace=50&fault=cut&after=40`. In the tests' own
process use `ScriptedServer` as an async context manager; for servers in other processes its control routes do the same:

    PUT    /control/scripts/<model>     answer this model by the script in the JSON body
    POST   /control/release/<model>     let this model's replies go on that wait at a `hold`
    GET    /control/requests            what was asked so far and how it ended
    DELETE /control/requests            forget that

`python -m tests.scripted_provider --port 0` runs it alone and prints its address as one line of JSON.
"""

from tests.scripted_provider.dialects import halves
from tests.scripted_provider.script import CANARY, Asked, Script, scripted_text, seed_of
from tests.scripted_provider.server import ScriptedServer

__all__ = ["CANARY", "Asked", "Script", "ScriptedServer", "halves", "scripted_text", "seed_of"]
