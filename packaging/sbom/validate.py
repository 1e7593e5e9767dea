#!/usr/bin/env python3
"""Validates a bill of materials against the schema of CycloneDX 1.6.

usage: validate.py BILL
"""

import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(Path(sys.argv[1]).read_text())
if error:
    sys.exit(f"{sys.argv[1]} is not CycloneDX 1.6: {error.data.json_path}: {error.data.message}")
