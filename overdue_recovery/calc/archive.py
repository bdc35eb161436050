"""An archive whose bytes follow from its files alone, with a list of their digests.

The same files make the same bytes on any day: no clock, no order of chance, no compression. So
whoever has the files can make the archive again and compare, and a single changed byte is seen.
"""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping

#: The list of digests within an archive.
MANIFEST = "manifest.json"
#: The day that every file in an archive carries: the earliest that a ZIP can.
EPOCH = (1980, 1, 1, 0, 0, 0)

_DATES = re.compile(rb"(/(?:CreationDate|ModDate)\s*\(D:)(\d+)")
_IDS = re.compile(rb"(?<=/ID)\s*\[\s*<[0-9A-Fa-f]*>\s*<[0-9A-Fa-f]*>\s*\]")


def canonical(value) -> bytes:
    """``value`` as JSON, written in the one way: sorted keys, no blanks, UTF-8.

    >>> canonical({"b": [1, None], "a": "é"}).decode()
    '{"a":"é","b":[1,null]}'
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def digest(content: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def manifest(files: Mapping[str, bytes], facts: Mapping | None = None) -> bytes:
    """The digests of ``files`` and some ``facts``, under a digest of their own.

    >>> found = json.loads(manifest({"a.txt": b"A"}, {"case": 7}))
    >>> sorted(found), found["files"]["a.txt"] == digest(b"A")
    (['case', 'digest', 'files'], True)
    """
    listed = {path: digest(content) for path, content in files.items()}
    told = {**(facts or {}), "files": listed}
    return canonical({**told, "digest": digest(canonical(told))})


def archive(files: Mapping[str, bytes]) -> bytes:
    """A ZIP of ``files``.

    >>> archive({"b": b"2", "a": b"1"}) == archive({"a": b"1", "b": b"2"})
    True
    """
    with io.BytesIO() as buffer:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as target:
            for path in sorted(files):
                entry = zipfile.ZipInfo(path, EPOCH)
                entry.create_system, entry.external_attr = 3, 0o644 << 16
                target.writestr(entry, files[path])
        return buffer.getvalue()


def unpacked(pack: bytes) -> dict[str, bytes]:
    """The files of an archive; none where it is no archive.

    >>> unpacked(archive({"a": b"1"})), unpacked(b"x")
    ({'a': b'1'}, {})
    """
    try:
        with zipfile.ZipFile(io.BytesIO(pack)) as source:
            return {name: source.read(name) for name in source.namelist()}
    except zipfile.BadZipFile:
        return {}


def undated(pdf: bytes) -> bytes:
    """A PDF without the moment and the numbers of its making; as long as before, so that what
    points into it still fits.

    >>> undated(b"<< /CreationDate (D:20250303090000Z) /ID [<AB01> <AB02>] >>")
    b'<< /CreationDate (D:19800101000000Z) /ID [<0000> <0000>] >>'
    """
    first = b"19800101000000"
    pdf = _DATES.sub(lambda found: found[1] + first[: len(found[2])].ljust(len(found[2])), pdf)
    return _IDS.sub(lambda found: re.sub(rb"[0-9A-Fa-f]", b"0", found[0]), pdf)
