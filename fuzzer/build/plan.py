"""Everything a command needs, built in one go: tools, runners and cores, side by side where they can be."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from fuzzer.build.cargo_prove import cargo_prove
from fuzzer.build.cores import BuiltCore, GuestTools, build_counted, build_guest, build_native
from fuzzer.build.guest_toolchain import guest_toolchain
from fuzzer.build.host_rust import HostRust, host_rust
from fuzzer.build.runners import BuiltRunner, build_generator, build_runner
from fuzzer.build.sources import CoreRequest, CoreSource, find_source
from fuzzer.build.steps import Progress, Workshop
from fuzzer.home import Home
from fuzzer.model import NATIVE


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, ready to run."""

    cores: tuple[BuiltCore, ...]
    """In the order in which they were asked for."""
    runners: tuple[BuiltRunner, ...]
    """Of the targets that have a runner of their own; `native` has not, every core brings it."""
    host: HostRust
    tools: GuestTools | None
    """None when no core was asked for."""
    generator: Path | None = None
    """What makes instruction programs; None when it was not asked for."""


def build(
    home: Home,
    *,
    cores: Sequence[CoreRequest],
    targets: Sequence[str],
    progress: Progress,
    env: Mapping[str, str] | None = None,
    generator: bool = False,
    counted: bool = False,
) -> Built:
    """Build cores for SP1 and the host, and the runners of targets; what is there already costs no process.

    With `generator`, that of instruction programs too; with `counted`, cores once more for the host, so that
    they count what they execute.

    Raises:
        FuzzerError: something is missing or does not build; what was finished before stays.
    """
    with Workshop(home, progress, env) as shop:
        host = host_rust(home, shop.env)
        # Sources first: what is wrong with a crate of the user's is said before minutes of building.
        sources = [find_source(shop, host, request) for request in cores]
        own = [target for target in targets if target != NATIVE]
        return _build_all(shop, host, sources, own, generator=generator, counted=counted)


def _build_all(
    shop: Workshop,
    host: HostRust,
    sources: list[CoreSource],
    targets: list[str],
    *,
    generator: bool,
    counted: bool,
) -> Built:
    """Start everything; each part waits only for parts that were started before it."""
    tools = _start_tools(shop, host) if sources else None
    runners = shop.start(lambda: tuple(build_runner(shop, host, target) for target in targets))
    programs = shop.start(lambda: build_generator(shop, host) if generator else None)
    natives = shop.start(lambda: [build_native(shop, host, source) for source in sources])
    counting = shop.start(
        lambda: [build_counted(shop, host, source) if counted else None for source in sources]
    )
    guests = shop.start(
        lambda: [build_guest(shop, host, tools(), source) for source in sources] if tools else []
    )
    shop.wait()
    cores = (
        BuiltCore(source=source, guest_elf=elf, guest=guest, native=native, host=half, counted=counting_build)
        for source, (elf, guest), (native, half), counting_build in zip(
            sources, guests.result(), natives.result(), counting.result(), strict=True
        )
    )
    return Built(
        cores=tuple(cores),
        runners=runners.result(),
        host=host,
        tools=tools() if tools else None,
        generator=programs.result(),
    )


def _start_tools(shop: Workshop, host: HostRust) -> Callable[[], GuestTools]:
    """Start on what guests are built with; the function that is returned waits for it."""
    toolchain = shop.start(lambda: guest_toolchain(shop, host))
    prove = shop.start(lambda: cargo_prove(shop, host))
    return lambda: GuestTools(toolchain.result(), prove.result())
