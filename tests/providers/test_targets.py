"""Where requests may go, and that a refusal comes before any connection."""

import asyncio
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_address

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from causerie.providers.openai import OpenAIProvider
from causerie.providers.outgoing import Limits, Outgoing
from causerie.providers.protocol import ModelConfig, ModelNotAllowed
from causerie.providers.targets import TargetNotAllowed, Targets, is_public
from tests.providers.reading import outcome
from tests.scripted_provider import ScriptedServer

NOT_PUBLIC = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16
    169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1
    198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::8.8.8.8 100::1 64:ff9b::127.0.0.1
    64:ff9b::a00:1 64:ff9b:1::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:10::1 2001:db8::1 2002:7f00:1::
    2002:0808:0808::1 3fff::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%1 fec0::1 ff02::1 ff0e::1 5f00::1 4000::1
""".split()  # noqa: SIM905 - one quoted string a line would hide the kinds

OTHER_FORMS = [
    "http://127.1/v1",
    "http://0/v1",
    "http://0x7f.0.0.1/v1",
    "http://0x7f000001/v1",
    "http://2130706433/v1",
    "http://0177.0.0.1/v1",
    "http://127.0.0.1./v1",
    "http://[::ffff:7f00:1]/v1",
    "http://[::1]/v1",
    "http://localhost/v1",
    "http://LOCALHOST./v1",
    "http://any.localhost/v1",
    "http://①②⑦.⓪.⓪.①/v1",
    "http://10.1/v1",
    "https://user:secret@example.com/v1",
    "https://example.com:11434/v1",
    "https://example.com:22/v1",
    "http://example.com:0/v1",
    "ftp://example.com/v1",
    "file:///etc/passwd",
    "unix:///run/docker.sock",
    "gopher://example.com/",
    "//example.com/v1",
    "example.com/v1",
    "",
    "http://",
    "http://[::1",
    "http://exa mple.com/",
]


@pytest.mark.req("S40")
@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_that_are_not_globally_routable_are_refused(address: str) -> None:
    url = f"http://[{address.replace('%', '%25')}]/v1" if ":" in address else f"http://{address}/v1"

    assert not is_public(ip_address(address))
    with pytest.raises(TargetNotAllowed):
        Targets().check(url)


@pytest.mark.req("S40")
@pytest.mark.parametrize("url", OTHER_FORMS)
def test_other_forms_of_such_targets_are_refused(url: str) -> None:
    with pytest.raises(TargetNotAllowed):
        Targets().check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1",
        "http://example.com/v1",
        "https://8.8.8.8/v1",
        "http://[2606:4700::1111]:80/v1",
        "http://[64:ff9b::8.8.8.8]/v1",
        "http://[::ffff:8.8.8.8]/v1",
        "https://bücher.example/v1",
    ],
)
def test_public_targets_are_allowed(url: str) -> None:
    assert str(Targets().check(url)).startswith("http")


@pytest.mark.req("S43")
def test_private_targets_are_allowed_by_exact_host_and_port() -> None:
    targets = Targets(["192.168.1.5:11434", "Model.Internal:8000", "[fd00::5]:9000"])

    for url in ("http://192.168.1.5:11434/v1", "http://model.internal:8000/v1", "http://[fd00::5]:9000/v1"):
        targets.check(url)
    targets.check_address("model.internal", 8000, ip_address("10.0.0.9"))
    for url in ("http://192.168.1.5:11435/v1", "http://192.168.1.6:11434/v1", "http://model.internal:8001/v1"):
        with pytest.raises(TargetNotAllowed):
            targets.check(url)


@pytest.mark.req("S43")
def test_loopback_is_allowed_only_as_loopback() -> None:
    targets = Targets(["loopback"])

    for url in ("http://127.0.0.1:11434/v1", "http://localhost:8080/v1", "http://[::1]:5000/v1", "http://127.1:1/v1"):
        targets.check(url)
    targets.check_address("localhost", 8080, ip_address("::1"))
    for url in ("http://192.168.1.5:11434/v1", "http://0.0.0.0:11434/v1"):
        with pytest.raises(TargetNotAllowed):
            targets.check(url)
    with pytest.raises(TargetNotAllowed):  # a name of the outside that points inside
        targets.check_address("evil.example", 80, ip_address("127.0.0.1"))
    with pytest.raises(TargetNotAllowed):
        targets.check_address("localhost", 8080, ip_address("192.168.1.5"))


@pytest.mark.req("S40")
@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "168.63.129.16"])
def test_metadata_services_are_refused_even_when_they_are_listed(address: str) -> None:
    targets = Targets(["metadata.internal:80"])

    with pytest.raises(TargetNotAllowed):
        targets.check_address("metadata.internal", 80, ip_address(address))


@pytest.mark.parametrize("entry", ["192.168.1.5", "host:", "host:http", ":80", "host:80/path"])
def test_an_entry_that_is_not_host_and_port_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"host:port|port"):
        Targets([entry])


class Names(AbstractResolver):
    """Answers each look-up with the next of its lists; the last one serves all further look-ups."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - part of the interface
    ) -> list[ResolveResult]:
        addresses = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)
            for address in addresses
        ]

    async def close(self) -> None: ...


class Trap:
    """A port of this machine that counts who connects."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0

    def connected(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()


@pytest.fixture
async def trap() -> AsyncIterator[Trap]:
    trap = Trap()
    server = await asyncio.start_server(trap.connected, "127.0.0.1", 0)
    trap.port = server.sockets[0].getsockname()[1]
    async with server:
        yield trap


async def code_of(outgoing: Outgoing, url: str) -> tuple[str | None, str]:
    got = await outcome(OpenAIProvider(ModelConfig("openai", "any", url), outgoing))
    await outgoing.close()
    return got.code, str(got.error)


@pytest.mark.req("S40")
@pytest.mark.parametrize("answer", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::1"]])
async def test_a_name_is_refused_when_any_of_its_addresses_is(
    trap: Trap, answer: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("causerie.providers.targets.WEB_PORTS", frozenset({trap.port}))
    names = Names(answer)

    code, _ = await code_of(Outgoing(Targets(), Limits(connect=1), names), f"http://evil.example:{trap.port}/v1")

    assert code == "provider_unreachable"
    assert (names.asked, trap.connections) == (1, 0)


@pytest.mark.req("S40")
async def test_the_address_that_was_checked_is_the_one_that_is_connected_to(
    trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second look-up would be answered with a private address; there is none."""
    monkeypatch.setattr("causerie.providers.targets.WEB_PORTS", frozenset({trap.port}))
    names = Names(["93.184.216.34"], ["127.0.0.1"])
    connected: list[str] = []

    def refuse(_: object, address: tuple[str, int]) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", refuse)
    outgoing = Outgoing(Targets(), Limits(connect=1), names)

    code, _ = await code_of(outgoing, f"http://evil.example:{trap.port}/v1")

    assert code == "provider_unreachable"
    assert connected == ["93.184.216.34"]
    assert trap.connections == 0


@pytest.mark.req("S40")
async def test_an_address_written_into_the_url_is_checked_without_a_look_up(trap: Trap) -> None:
    code, _ = await code_of(Outgoing(Targets(), Limits(connect=1)), f"http://127.0.0.1:{trap.port}/v1")

    assert code == "provider_unreachable"
    assert trap.connections == 0


@pytest.mark.req("S44")
async def test_blocked_closed_and_mute_targets_answer_alike(trap: Trap, free_tcp_port: int) -> None:
    blocked = await code_of(Outgoing(Targets(), Limits(connect=1)), f"http://127.0.0.1:{trap.port}/v1")
    local = Targets(["loopback"])
    closed = await code_of(Outgoing(local, Limits(connect=1)), f"http://127.0.0.1:{free_tcp_port}/v1")
    no_http = await code_of(Outgoing(local, Limits(connect=1)), f"http://127.0.0.1:{trap.port}/v1")
    no_name = await code_of(Outgoing(local, Limits(connect=1)), "http://no-such-name.invalid/v1")

    assert blocked == closed == no_http == no_name
    assert blocked[0] == "provider_unreachable"


@pytest.mark.req("S42")
async def test_proxies_of_the_environment_are_not_used(
    server: ScriptedServer, trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{trap.port}")
    monkeypatch.delenv("no_proxy", raising=False)
    server.play("any", text="Hello.")

    assert (await code_of(Outgoing(Targets(["loopback"])), server.url))[0] is None
    assert trap.connections == 0


@pytest.mark.req("S42")
async def test_cookies_are_neither_kept_nor_sent(server: ScriptedServer) -> None:
    outgoing = Outgoing(Targets(["loopback"]))
    provider = OpenAIProvider(
        ModelConfig("openai", server.play("any", text="Hello.", cookie="a=b"), server.url), outgoing
    )

    await outcome(provider)
    await outcome(provider)
    await outgoing.close()

    assert "Cookie" not in server.asked[1].headers


@pytest.mark.req("S43")
def test_a_row_with_such_an_address_is_refused_with_the_member_at_fault() -> None:
    with pytest.raises(ModelNotAllowed) as refused:
        Outgoing(Targets()).check("http://127.0.0.1:11434/v1")

    problem = refused.value.problem()
    assert (problem.status, problem.code) == (422, "model_not_allowed")
    assert [error.pointer for error in problem.errors or []] == ["/base_url"]
