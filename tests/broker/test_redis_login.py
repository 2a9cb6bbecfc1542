"""A login that may do no more than the reference says, over TLS."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from causerie.broker.ports import CachedSession, EventNotice, LiveText, SessionHint, SessionKey, TextPiece
from causerie.broker.redis import redis_broker
from causerie.chaos.servers.valkey import ValkeyServer
from causerie.clock import utc_now
from causerie.ids import new_id
from tests.broker.ear import Ear, eventually

pytestmark = pytest.mark.anyio

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "redis.md"
NAMES = ["~chat:*", "~session:*", "~sessions:*", "resetchannels", "&events:*", "&user:*", "&stops"]
SESSION = SessionKey(new_id(), new_id())
REPLY = new_id()


def documented_commands() -> list[str]:
    section = REFERENCE.read_text().partition("## Commands")[2].partition("\n\nWithout")[0]
    return [name.lower().replace(" ", "|") for name in re.findall(r"`([A-Z ]+)`", section)]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "redis")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(utc_now() - timedelta(hours=1))
        .not_valid_after(utc_now() + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "redis.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@asynccontextmanager
async def encrypted(port: int, certificate: Path) -> AsyncIterator[int]:
    """Let a server be reached over TLS, and yield the port for that."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer), return_exceptions=True)
        inner_writer.close()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_what_the_reference_names_is_enough(
    valkey: ValkeyServer, certificate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    allowed = [f"+{command}" for command in documented_commands()]
    valkey.command("ACL", "SETUSER", "causerie", "on", ">s3cret/", "-@all", *allowed, "resetkeys", *NAMES)
    async with encrypted(valkey.port, certificate) as port:
        url = f"rediss://causerie:s3cret%2F@127.0.0.1:{port}/1?ssl_ca_certs={certificate}"
        async with redis_broker(url, consumer=new_id()) as here, redis_broker(url, consumer=new_id()) as there:
            assert not there.bus.away
            ear = Ear()
            there.bus.subscribe(SESSION, ear)
            there.bus.subscribe_user(SESSION.user_id, ear)
            there.bus.subscribe_stops(ear.on_stop)
            await there.bus.listening(SESSION)
            here.bus.open(SESSION, REPLY, 2, "Once ")
            here.bus.publish_text(TextPiece(SESSION, REPLY, 2, 5, "upon"))
            await ear.hears(TextPiece(SESSION, REPLY, 2, 5, "upon"))
            assert await there.bus.read(SESSION, [REPLY]) == [LiveText(REPLY, 2, "Once upon")]
            there.bus.open(SESSION, REPLY, 1, "fenced")
            here.bus.publish_stop(SESSION.user_id, REPLY)
            await ear.hears((SESSION.user_id, REPLY))
            hint = SessionHint(SESSION, "session:updated", "{}")
            here.bus.publish_hint(hint)
            await ear.hears(hint)
            here.bus.close(SESSION, REPLY, 2)

            here.dispatcher.wake(SESSION.user_id, REPLY)
            wake_up = await asyncio.wait_for(there.dispatcher.next(), 5)
            there.dispatcher.done(wake_up)

            page = CachedSession(1, "{}", "[]")
            here.cache.put(SESSION, page)

            async def is_cached() -> bool:
                return await there.cache.get(SESSION) == page

            async def is_forgotten() -> bool:
                return await there.cache.get(SESSION) is None

            await eventually(is_cached)
            there.cache.forget_user(SESSION.user_id)
            await eventually(is_forgotten)
            here.bus.publish_event(EventNotice(SESSION, 1, "session:updated", "{}"))
            await ear.hears(EventNotice(SESSION, 1, "session:updated", "{}"))

    assert "refused" not in capsys.readouterr().out


async def test_a_login_that_may_not_listen_is_told_in_the_log(
    valkey: ValkeyServer, capsys: pytest.CaptureFixture[str]
) -> None:
    valkey.command("ACL", "SETUSER", "deaf", "on", ">s3cret", "+@all", "-subscribe", "~*", "&*")
    async with redis_broker(f"redis://deaf:s3cret@127.0.0.1:{valkey.port}", consumer=new_id()) as broker:
        broker.bus.subscribe(SESSION, Ear())
        told = ""

        def is_told() -> bool:
            nonlocal told
            told += capsys.readouterr().out
            return "redis_unheard" in told

        await eventually(is_told)

    assert "subscribe" in told
