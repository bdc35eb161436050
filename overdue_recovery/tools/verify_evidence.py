#!/usr/bin/env python3
"""Check an evidence pack of Overdue Recovery, with Python alone.

    python3 verify_evidence.py PACK.zip [--head DIGEST]

Says what is wrong and ends with 1, or says what was found whole and ends with 0.

What is checked: the archive is, byte for byte, the one that its files make; every file is listed
in manifest.json with its SHA-256; the contact log (log.jsonl) is a chain in which each entry holds
the digest of the one before it, and what was said in an entry belongs to it. Content that was
erased on request is told apart and breaks nothing.

What a check of the pack alone can't show: that somebody who holds the whole database wrote all of
it anew, or left out the newest entries. For that, name a digest that was kept elsewhere (from the
daily export of head digests) with --head: the chain must contain it.
"""

import argparse
import hashlib
import io
import json
import pathlib
import sys
import zipfile

GENESIS = "0" * 64
CONTENT = ("names", "address", "subject", "text", "details")
EPOCH = (1980, 1, 1, 0, 0, 0)
MANIFEST, LOG = "manifest.json", "log.jsonl"


class Refused(Exception):
    """What is wrong with a pack, in one sentence."""


def canonical(value):
    """JSON in the one way that digests cover."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def archive(files):
    """The archive that these files make."""
    with io.BytesIO() as buffer:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as target:
            for path in sorted(files):
                entry = zipfile.ZipInfo(path, EPOCH)
                entry.create_system, entry.external_attr = 3, 0o644 << 16
                target.writestr(entry, files[path])
        return buffer.getvalue()


def read_files(pack):
    """{path: content} of a pack."""
    try:
        with zipfile.ZipFile(io.BytesIO(pack)) as source:
            names = source.namelist()
            if len(names) != len(set(names)):
                raise Refused("a file stands in the archive twice")
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in source.infolist()):
                raise Refused("the archive was packed again: its files are compressed")
            return {name: source.read(name) for name in names}
    except Refused:
        raise
    except Exception as error:  # a damaged archive raises nearly anything
        raise Refused(f"the archive can't be read: {error}") from None


def read_manifest(files):
    """The manifest, if it is as it was written."""
    if MANIFEST not in files:
        raise Refused(f"{MANIFEST} is missing")
    told = parse(files[MANIFEST], MANIFEST)
    rest = {key: value for key, value in told.items() if key != "digest"}
    if canonical(told) != files[MANIFEST] or told.get("digest") != sha256(canonical(rest)):
        raise Refused(f"{MANIFEST} was changed")
    return told


def parse(content, name):
    try:
        value = json.loads(content)
    except ValueError:
        raise Refused(f"{name} was changed: it is no JSON") from None
    if not isinstance(value, dict):
        raise Refused(f"{name} was changed: it is no JSON object")
    return value


def check_files(files, listed):
    """Every file is listed, and as it was."""
    for path in sorted(listed.keys() - files.keys()):
        raise Refused(f"{path} is missing")
    for path in sorted(files.keys() - listed.keys() - {MANIFEST}):
        raise Refused(f"{path} was added")
    for path in sorted(listed):
        if sha256(files[path]) != listed[path]:
            raise Refused(f"{path} was changed")


def check_log(text):
    """The digests of the entries and how many of them were erased, if the chain is whole."""
    previous, digests, erased = GENESIS, [], 0
    for number, line in enumerate(text.splitlines(), start=1):
        entry = parse(line, f"entry {number} of the log")
        check_entry(entry, number, previous)
        erased += entry["content"] is None
        previous = entry["digest"]
        digests.append(previous)
    return digests, erased


def check_entry(entry, number, previous):
    """``entry`` is the one that belongs at this number."""
    if not {"columns", "content", "digest", "previous_digest", "salt"} <= entry.keys():
        raise Refused(f"the log is broken at entry {number}: it is not complete")
    columns, content = entry["columns"], entry["content"]
    if columns.get("sequence") != number:
        raise Refused(f"the log is broken at entry {number}: it was taken out")
    if entry["previous_digest"] != previous:
        raise Refused(f"the log is broken at entry {number}: it does not follow the one before")
    if entry["digest"] != sha256(previous.encode() + canonical(columns)):
        raise Refused(f"the log is broken at entry {number}: it was changed")
    if content is not None:
        covered = {name: content.get(name) or "" for name in CONTENT}
        if columns.get("payload_digest") != sha256(entry["salt"].encode() + canonical(covered)):
            raise Refused(f"the log is broken at entry {number}: what was said was changed")


def check(pack, head=None):
    """What was found, in sentences.

    :param bytes pack: the archive
    :param head: a digest that the log must contain
    :raise Refused: with what is wrong
    """
    files = read_files(pack)
    told = read_manifest(files)
    check_files(files, told["files"])
    if archive(files) != pack:
        raise Refused("the archive is not the one that its files make")
    if LOG not in files:
        raise Refused(f"{LOG} is missing")
    digests, erased = check_log(files[LOG])
    if told.get("log") != {"entries": len(digests), "head": (digests or [GENESIS])[-1]}:
        raise Refused("the log does not end where the manifest says")
    if head and head not in digests:
        raise Refused("the log does not contain the digest that was kept elsewhere")
    return [
        f"{len(files)} files, each as it was packed (manifest {told['digest']}).",
        f"{len(digests)} entries in the log, each as it was written; "
        f"the content of {erased} of them was erased.",
        f"The log ends with {(digests or [GENESIS])[-1]}.",
    ]


def main(arguments=None):
    """Run from the command line; 0: whole, 1: not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pack", type=pathlib.Path)
    parser.add_argument("--head", help="a digest of the log that was kept elsewhere")
    options = parser.parse_args(arguments)
    try:
        found, code = check(options.pack.read_bytes(), options.head), 0
    except (Refused, OSError) as error:
        found, code = [f"Refused: {error}."], 1
    sys.stdout.write("\n".join(found) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
