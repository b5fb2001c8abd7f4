"""A kept corpus as an archive, for other machines. Pure."""

import gzip
import io
import tarfile
from collections.abc import Mapping


def packed(core: str, files: Mapping[str, bytes]) -> bytes:
    """These files in a folder of the core's name, as a `.tar.gz`; the same ones give the same bytes."""
    data = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=data, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as archive,
    ):
        for name, content in files.items():
            member = tarfile.TarInfo(f"{core}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return data.getvalue()
