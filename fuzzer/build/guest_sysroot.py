"""A sysroot for SP1's guest target, made around an unpacked compiler.

It holds links to the compiler's own libraries, a description of the target, a `rustc` that finds all of it,
and the standard library built for the target. Everything in it refers to its surroundings by relative paths,
so the cache can be moved with the checkout.
"""

import os
import shutil
from pathlib import Path

import msgspec

from fuzzer.build.debian_packages import DebianPackages
from fuzzer.build.host_rust import HostRust
from fuzzer.build.keys import key_of
from fuzzer.build.steps import Job, Step, Workshop, ensure
from fuzzer.errors import ToolchainError

GUEST_TARGET = "riscv64im-succinct-zkvm-elf"

_TARGET: dict[str, str | int | bool] = {
    "arch": "riscv64",
    "atomic-cas": True,
    "code-model": "medium",
    "cpu": "generic-rv64",
    "data-layout": "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128",
    "eh-frame-header": False,
    "emit-debug-gdb-scripts": False,
    "features": "+m",
    "linker": "rust-lld",
    "linker-flavor": "gnu-lld",
    "llvm-abiname": "lp64",
    "llvm-target": "riscv64",
    "max-atomic-width": 64,
    "os": "zkvm",
    "panic-strategy": "abort",
    "relocation-model": "static",
    "singlethread": True,
    "target-pointer-width": 64,
    "vendor": "succinct",
}
"""What SP1's own compiler has built in for the target."""

_RUSTC = """#!/bin/sh
# rustc for SP1 guests: an unpacked compiler with this folder's sysroot.
bin=$(dirname "$(readlink -f "$0")")
sysroot=${bin%/bin}
usr=$sysroot/unpacked/usr
export RUSTC_BOOTSTRAP=1
export LD_LIBRARY_PATH="$usr/lib/x86_64-linux-gnu:$usr/lib:$usr/lib/@LLVM@/lib"
export PATH="$sysroot/tools:$PATH"
exec "$usr/bin/rustc" --sysroot "$sysroot" -Zunstable-options "$@"
"""

_STD_MANIFEST = """[package]
name = "std-for-guests"
version = "0.0.0"
edition = "2021"

[workspace]
"""
_STD_CRATES = "core,alloc,std,panic_abort,proc_macro"
_STD_FLAGS = ("-C", "passes=lower-atomic", "-C", "panic=abort")
"""Without lower-atomic on std itself, guests that use atomics do not link."""


def ensure_sysroot(shop: Workshop, host: HostRust, packages: DebianPackages) -> Path:
    """The sysroot for a compiler, made on first use; its `bin` goes in front of PATH."""
    key = key_of("guest sysroot", 1, packages.key, _TARGET, _RUSTC, _STD_MANIFEST, _STD_CRATES, _STD_FLAGS)
    step = Step(
        title="guest standard library",
        reason="for the guest compiler from distribution packages",
        folder=shop.home.cache / "toolchain" / f"sysroot-{key}",
        make=lambda job, draft: _make(shop, host, packages, job, draft),
        made_from={"packages": packages.folder.name, "cargo": host.version},
    )
    return ensure(shop, step)


def _make(shop: Workshop, host: HostRust, packages: DebianPackages, job: Job, draft: Path) -> None:
    link_sysroot(draft, packages)
    work = draft / "build"
    _build_std(shop, host, job, draft, work)
    built = sorted((work / "target" / GUEST_TARGET / "release" / "deps").glob("*.rlib"))
    libraries = draft / "lib" / "rustlib" / GUEST_TARGET / "lib"
    for rlib in built:
        if not rlib.name.startswith("libstd_for_guests"):
            shutil.copy2(rlib, libraries / rlib.name)
    if not any(libraries.glob("libstd-*.rlib")):
        raise ToolchainError("the standard library for guests was built, but no `libstd` came out of it")
    shutil.rmtree(work)


def link_sysroot(folder: Path, packages: DebianPackages) -> None:
    """Lay out the sysroot around the unpacked packages, which lie beside it, without the standard library."""
    usr = packages.usr
    llvm = next((usr / "lib").glob("llvm-*/bin/lld"), None)
    source = next((usr / "src").glob("rustc-*/library"), None)
    if llvm is None or source is None or not (usr / "bin" / "rustc").is_file():
        raise ToolchainError(
            f"the unpacked packages in `{packages.folder.name}` are not complete",
            hint="`fuzz clean` removes them; the next run gets them again",
        )
    rustlib = folder / "lib" / "rustlib"
    for made in (folder / "bin", folder / "tools", rustlib / GUEST_TARGET / "lib"):
        made.mkdir(parents=True)
    (folder / "unpacked").symlink_to(os.path.join("..", packages.folder.name))  # noqa: PTH118 - a link's text
    unpacked_rustlib = Path("../../unpacked/usr/lib/rustlib")
    (rustlib / "x86_64-unknown-linux-gnu").symlink_to(unpacked_rustlib / "x86_64-unknown-linux-gnu")
    (rustlib / "src").symlink_to(unpacked_rustlib / "src")
    (folder / "tools" / "rust-lld").symlink_to(Path("..") / "unpacked" / llvm.relative_to(packages.folder))
    target = msgspec.json.encode(_TARGET)
    (rustlib / GUEST_TARGET / "target.json").write_bytes(target)
    rustc = folder / "bin" / "rustc"
    rustc.write_text(_RUSTC.replace("@LLVM@", llvm.parent.parent.name))
    rustc.chmod(0o755)


def _build_std(shop: Workshop, host: HostRust, job: Job, sysroot: Path, work: Path) -> None:
    """Build the standard library as the dependency of an empty crate, from the vendored sources beside it.

    The target is given by name: libraries built for a path to its description do not match later (E0461).
    """
    (work / "src").mkdir(parents=True)
    (work / "Cargo.toml").write_text(_STD_MANIFEST)
    (work / "src" / "lib.rs").write_text("#![no_std]\n")
    source = sysroot / "lib" / "rustlib" / "src" / "rust"
    # Panics inside std name its source files; without this machine's paths the builds of two checkouts agree.
    flags = (*_STD_FLAGS, f"--remap-path-prefix={source}=/rustc/std")
    env = host.environment(
        shop.env,
        RUSTC=str(sysroot / "bin" / "rustc"),
        RUSTC_BOOTSTRAP="1",
        CARGO_ENCODED_RUSTFLAGS="\x1f".join(flags),
        CARGO_TARGET_DIR=str(work / "target"),
    )
    args = [
        *(host.cargo, "build", "--offline", "--release", "--target", GUEST_TARGET),
        f"-Zbuild-std={_STD_CRATES}",
        "-Zbuild-std-features=compiler-builtins-mem",
        *("--config", 'source.crates-io.replace-with="vendored"'),
        *(
            "--config",
            f"source.vendored.directory={msgspec.json.encode(str(source / 'library' / 'vendor')).decode()}",
        ),
    ]
    job.run(args, cwd=work, env=env)
