# SPDX-License-Identifier: Apache-2.0
"""Lines of driver/ and host/ that ran, from gcov's JSON; no other tool is needed.

A line counts once: what any object that contains it (a header, a template) executed is executed.
Examples and what is generated into the build folder do not count.
"""

import gzip
import json
import re
import subprocess
from collections import defaultdict
from pathlib import Path

MEASURED = re.compile(r"(driver|host)/(?!examples/).*\.(cpp|hpp|in)$")


def read(build, root):
    """{file: {line: executions}} of every object with counts in the build folder."""
    root = str(Path(root).resolve()) + "/"
    files = defaultdict(lambda: defaultdict(int))
    notes = [path for path in Path(build).rglob("*.gcno")]
    for note in sorted(notes):
        result = subprocess.run(["gcov", "--json-format", "--stdout", str(note)], cwd=note.parent,
                                capture_output=True, check=False)
        for text in filter(None, decoded(result.stdout).split("\n")):
            for file in json.loads(text)["files"]:
                path = file["file"]
                if not path.startswith(root):
                    continue
                path = path[len(root):]
                if not MEASURED.fullmatch(path):
                    continue
                lines = files[path]
                for line in file["lines"]:
                    lines[line["line_number"]] += line["count"]
    return files


def decoded(data):
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    return data.decode("utf-8", "replace")


def exclude(files, root, table):
    """Applies `host` of exclusions.yaml: {file: {line: reason}}, and what is wrong with the table."""
    problems = []
    excluded = defaultdict(dict)
    for entry in table.get("host") or []:
        pattern = re.compile(entry["text"])
        matched = False
        for path, lines in files.items():
            if not re.fullmatch(entry["file"], path):
                continue
            source = (Path(root) / path).read_text(encoding="utf-8").splitlines()
            for line in lines:
                if line <= len(source) and pattern.search(source[line - 1]):
                    matched = True
                    excluded[path][line] = entry["reason"]
        if not matched:
            problems.append(f"host exclusion {entry['file']} \"{entry['text']}\": matches nothing")
    return excluded, problems


def counts(lines, excluded=()):
    counted = [n for line, n in lines.items() if line not in excluded]
    return sum(n > 0 for n in counted), len(counted)


def part_of(path):
    """driver, driver/backends/emulator, host, host/tools: what a row of the table is."""
    parts = path.split("/")
    if parts[:2] == ["driver", "backends"]:
        return "/".join(parts[:3])
    return "/".join(parts[:2])
