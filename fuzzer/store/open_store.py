"""The store of a folder: what every writer starts from."""

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from fuzzer.errors import ConfigError
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.mirrored_store import MirroredStore
from fuzzer.store.redact import Redactor

if TYPE_CHECKING:
    from obstore.store import S3Credential

_CONNECT = timedelta(seconds=3)
_REQUEST = timedelta(seconds=60)
_RETRIES = 3
_RETRY = timedelta(seconds=8)


def open_store(root: Path, *, url: str = "", endpoint: str = "") -> LocalStore:
    """The folder, mirrored to the object store at `url` when one is given.

    Credentials come from the environment alone: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, for
    temporary ones, `AWS_SESSION_TOKEN`.

    Raises:
        ConfigError: no object store can be meant by the URL, or the library for it is missing.
    """
    return _mirrored(root, url, endpoint) if url else LocalStore(root)


def _credentials() -> "S3Credential":
    """Those of the environment; the library would go on to ask the machine's cloud for some."""
    try:
        key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    except KeyError as error:
        raise LookupError(f"the environment variable {error.args[0]} is not set") from None
    token = os.environ.get("AWS_SESSION_TOKEN")
    return {"access_key_id": key, "secret_access_key": secret, "token": token, "expires_at": None}


def _mirrored(root: Path, url: str, endpoint: str) -> MirroredStore:
    try:
        # Takes 50 ms and stands in an extra: only who has an object store pays.
        import obstore.store  # noqa: PLC0415
        from obstore.exceptions import BaseError  # noqa: PLC0415

        from fuzzer.store.object_store import ObjectStore  # noqa: PLC0415
    except ImportError:
        raise ConfigError(
            "[artifacts] url needs the library obstore", hint="pip install 'zkvm-fuzzer[s3]'"
        ) from None
    if "@" in url or not url.startswith("s3://"):
        raise ConfigError(
            f"[artifacts] url is {url!r}" if "@" not in url else "[artifacts] url holds credentials",
            hint="s3://bucket/prefix; credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
    try:
        backend = obstore.store.S3Store.from_url(
            url,
            config={"endpoint": endpoint} if endpoint else {},
            client_options={
                "connect_timeout": _CONNECT,
                "timeout": _REQUEST,
                "allow_http": endpoint.startswith("http://"),
            },
            credential_provider=_credentials,
            retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRY},
        )
    except (BaseError, ValueError) as error:
        first = str(error).splitlines()[0]  # the others are how the library keeps it
        raise ConfigError(f"[artifacts] url is {url!r}: {first}", hint="s3://bucket/prefix") from None
    return MirroredStore(root, ObjectStore(backend, redactor=Redactor({})))
