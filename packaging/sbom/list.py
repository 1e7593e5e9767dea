#!/usr/bin/env python3
"""Prints the bill of materials of a binary, as CycloneDX 1.6. Its bytes depend on the binary, the sources and the tools
alone.

usage: list.py BINARY TARGET FOLDER

FOLDER has what Cargo says: `metadata`, and the tree of the packages that are compiled into the binary (`tree`). Fails if
one of them is not in the list inside the binary (`audited`).
"""

import datetime
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
import uuid
import zlib
from pathlib import Path

binary, target, folder = sys.argv[1:]
folder = Path(folder)
audited = json.loads(zlib.decompress((folder / "audited").read_bytes()))["packages"]
metadata = {(it["name"], it["version"]): it for it in json.loads((folder / "metadata").read_text())["packages"]}
locked = {(it["name"], it["version"]): it for it in tomllib.loads(Path("Cargo.lock").read_text())["package"]}


def read_tree():
    """Returns the packages that each one depends on, as name and version. The first one is the binary's."""
    depends, path = {}, []
    for line in filter(None, (folder / "tree").read_text().splitlines()):
        depth, name, version = re.match(r"(\d+)(\S+) v(\S+)", line).groups()
        package = (name, version)
        depends.setdefault(package, set())
        path[int(depth) :] = [package]
        if len(path) > 1:
            depends[path[-2]].add(package)
    return depends


def purl(package):
    return "pkg:cargo/{}@{}".format(*package)


def component(package):
    """A package of the registry with its checksum, or one of ours."""
    described, checksum = metadata[package], locked[package].get("checksum")
    made = {
        "type": "library",
        "bom-ref": purl(package),
        "name": package[0],
        "version": package[1],
        # The slash is an old way to write OR.
        "licenses": [{"expression": re.sub(r"\s*/\s*", " OR ", described["license"])}],
        "purl": purl(package),
    }
    if checksum:
        made["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if described["repository"]:
        made["externalReferences"] = [{"type": "vcs", "url": described["repository"]}]
    return made


def beside_crates(name, version, licence):
    """What is in the binary, and is no package of Cargo."""
    ref = f"pkg:generic/{name}@{version}"
    return {
        "type": "library",
        "bom-ref": ref,
        "name": name,
        "version": version,
        "licenses": [{"expression": licence}],
        "purl": ref,
    }


def musl_version():
    header = Path(importlib.util.find_spec("ziglang").origin).parent / "lib/libc/musl/src/internal/version.h"
    return re.search(r'VERSION "(.*)"', header.read_text())[1]


tree = read_tree()
root = next(iter(tree))
if missing := tree.keys() - {(it["name"], it["version"]) for it in audited}:
    sys.exit(f"compiled into the binary, but not in the list inside it: {sorted(missing)}")

digest = hashlib.sha256(Path(binary).read_bytes()).hexdigest()
rustc = re.search(r"rustc (\S+)", subprocess.check_output(["rustc", "--version"], text=True))[1]
system = [beside_crates("rust-std", rustc, "MIT OR Apache-2.0"), beside_crates("musl", musl_version(), "MIT")]
itself = component(root) | {"type": "application", "hashes": [{"alg": "SHA-256", "content": digest}]}
itself["properties"] = [{"name": "target", "value": target}]
time = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
depends = {purl(package): sorted(map(purl, others)) for package, others in tree.items()}
depends[purl(root)] += [it["bom-ref"] for it in system]
tools = {"rustc": rustc, "zig": importlib.metadata.version("ziglang")}
bill = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "serialNumber": uuid.uuid5(uuid.NAMESPACE_OID, digest).urn,
    "version": 1,
    "metadata": {
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tools": {
            "components": [{"type": "application", "name": name, "version": it} for name, it in tools.items()]
        },
        "component": itself,
    },
    "components": sorted([component(it) for it in tree if it != root] + system, key=lambda it: it["purl"]),
    "dependencies": [{"ref": ref, "dependsOn": others} for ref, others in sorted(depends.items())],
}
json.dump(bill, sys.stdout, indent=1, ensure_ascii=False)
print()
print(f"{len(tree)} packages are compiled into the binary, whose own list has {len(audited)}", file=sys.stderr)
