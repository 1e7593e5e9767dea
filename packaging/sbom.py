#!/usr/bin/env python3
"""Cleans a bill of materials of the places of this machine and of what differs each time. Checks that it lists exactly
the packages whose names cargo-auditable has put into the binary.

usage: sbom.py FOLDER BOM CLEANED BINARY
"""

import json
import re
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

folder, bom, cleaned, binary = sys.argv[1:]


def clean(value):
    """Package ids without the folder or the registry that they were read from."""
    if isinstance(value, dict):
        return {name: clean(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [clean(inner) for inner in value]
    if not isinstance(value, str):
        return value
    value = re.sub(r"[?&]download_url=file:[^&#]*", "", value)
    value = value.replace(f"path+file://{folder}/", "path+").replace(f"file://{folder}/", "")
    # registry+URL#NAME@VERSION
    return re.sub(r"registry\+[^#]*#", "crates.io#", value)


document = clean(json.loads(Path(bom).read_text()))
document.pop("serialNumber", None)
Path(cleaned).write_text(json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n")

listed = {(it["name"], it["version"]) for it in [document["metadata"]["component"], *document["components"]]}
with tempfile.TemporaryDirectory() as scrap:
    section = Path(scrap, "section")
    subprocess.run(["objcopy", "-O", "binary", "--only-section=.dep-v0", binary, section], check=True)
    audited = json.loads(zlib.decompress(section.read_bytes()))
built = {(it["name"], it["version"]) for it in audited["packages"] if it.get("kind", "runtime") == "runtime"}
missing, unused = built - listed, listed - built
print(f"{len(built)} packages are in the binary, {len(listed)} in the bill of materials")
if missing:
    sys.exit(f"in the binary, but not in the bill of materials: {sorted(missing)}")
# What runs at build time is listed, too.
build = {(it["name"], it["version"]) for it in audited["packages"]}
if unused - build:
    sys.exit(f"in the bill of materials, but not used for the binary: {sorted(unused - build)}")
