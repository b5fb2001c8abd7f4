"""The host's `sp1-zkvm`: our crate of that name, dressed up as the version that a core asks for.

Cargo replaces a crate only by one of a version that fits, so there is a copy of `runners/native/` for each
version that a core's lock file names.
"""

import re
import tomllib
from pathlib import Path

from fuzzer.build.keys import key_of, key_of_files
from fuzzer.build.mirror import copy_named, crate_files
from fuzzer.build.steps import Job, Step, Workshop, ensure
from fuzzer.errors import ToolchainError

_CRATES = ("native", "protocol")
_PACKAGE_VERSION = re.compile(r'^version = "[^"]*"$', re.MULTILINE)
_LIB_VERSION = re.compile(r'^(sp1-lib = \{ version = )"=[^"]*"', re.MULTILINE)


def ensure_native_sdk(shop: Workshop, version: str, library: str) -> Path:
    """The folder with what stands in for `sp1-zkvm` of a version, over a version of the real `sp1-lib`."""
    files = list(crate_files(shop.home.runners, _CRATES))

    def make(_job: Job, draft: Path) -> None:
        copy_named(files, draft)
        manifest = draft / "native" / "Cargo.toml"
        manifest.write_text(with_version(manifest.read_text(), version, library))

    key = key_of("native sdk", 2, library, key_of_files(files))
    folder = shop.home.cache / "native-sdk" / f"{version}-{key}"
    return ensure(shop, Step(title=f"sp1-zkvm {version} for the host", folder=folder, make=make))


def with_version(manifest: str, version: str, library: str) -> str:
    """The manifest of `runners/native/` for other versions of itself and of `sp1-lib`.

    Raises:
        ToolchainError: the manifest does not have the two lines in the form that is replaced.
    """
    manifest, packages = _PACKAGE_VERSION.subn(f'version = "{version}"', manifest, count=1)
    manifest, libs = _LIB_VERSION.subn(rf'\g<1>"={library}"', manifest)
    if packages != 1 or libs != 1:
        raise ToolchainError(
            "`runners/native/Cargo.toml` does not hold the version lines that are replaced",
            hint='it must have `version = "…"` under [package] and `sp1-lib = { version = "=…", … }`',
        )
    return manifest


def with_preferences(lock: str, preferred: str) -> str:
    """A core's lock file that also names what the stand-in needs and the core does not have.

    Cargo takes a version that a lock file names over a newer one, also where nothing asks for it yet: so the
    stand-in's own dependencies are pinned too, and those that the core has stay as the core has them.
    """
    known = {package["name"] for package in tomllib.loads(lock).get("package", [])}
    added = [
        f'\n[[package]]\nname = "{package["name"]}"\nversion = "{package["version"]}"\n'
        f'source = "{package["source"]}"\nchecksum = "{package["checksum"]}"\n'
        for package in tomllib.loads(preferred)["package"]
        if package["name"] not in known and "checksum" in package
    ]
    return lock.rstrip("\n") + "\n" + "".join(added)
