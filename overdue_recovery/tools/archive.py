"""ZIP archives that hold the same bytes for the same files. No odoo here."""

import io
import re
import zipfile

#: The earliest day that a ZIP archive can name.
NO_DATE = (1980, 1, 1, 0, 0, 0)
UNSAFE = re.compile(r"[^\w.-]+")


def safe_name(text, extension=""):
    """A file's name, whatever a document is called.

    >>> safe_name("INV/2025/00001", ".pdf"), safe_name("../../etc/passwd")
    ('INV-2025-00001.pdf', 'etc-passwd')
    >>> safe_name("..", ".pdf"), safe_name("x" * 500) == "x" * 100
    ('document.pdf', True)
    """
    name = UNSAFE.sub("-", text).strip(".-")[:100] or "document"
    return f"{name}{extension}"


def pack(files):
    """{name: bytes} as a ZIP, in the order of the names.

    >>> files = {"b.txt": b"2", "a.txt": b"1"}
    >>> pack(files) == pack(dict(reversed(files.items())))
    True
    >>> zipfile.ZipFile(io.BytesIO(pack(files))).namelist()
    ['a.txt', 'b.txt']
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, NO_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # readable by its owner and others; the same on every system
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def add(files, name, content):
    """Put a file into ``files``; a name that is taken gets a number.

    >>> files = {}
    >>> for content in (b"1", b"2", b"3"): add(files, "a.pdf", content)
    >>> sorted(files)
    ['a-2.pdf', 'a-3.pdf', 'a.pdf']
    """
    stem, dot, extension = name.rpartition(".")
    number, free = 1, name
    while free in files:
        number += 1
        free = f"{stem}-{number}{dot}{extension}"
    files[free] = content
