#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rules of the tree that no compiler checks.

  paths    no file names a folder of one machine, nor a sibling of the tree
  header   every source names its licence in the first three lines
  module   an RTL file is named tn_*.sv after the one module or package it holds; a *_stub.sv holds the
           pins of a vendor's cell and keeps its name
  listed   every RTL file is in a file list (.f), and every file in a list exists
  size     no tracked file over 1 MB

Prints one line for each breach: file, line, rule. Exit status 1 where there is any.
"""

import argparse
import pathlib
import re
import subprocess
import sys

# Spelled in parts, so that this file does not break its own rule.
MACHINE_PATH = re.compile(r"(?<![\w.$}-])/(?:" + "work|tmp|root|home|farm" + r")/[A-Za-z0-9_.-]+|\.\./" + "shared")
SOURCE_SUFFIXES = {".sv", ".svh", ".cpp", ".hpp", ".py", ".cmake", ".sh", ".vlt"}
TEXT_SUFFIXES = SOURCE_SUFFIXES | {".md", ".txt", ".f", ".yaml", ".json", ".xdc", ".tcl", ".env", ".in", ""}
LICENCE = "SPDX-License-Identifier: Apache-2.0"
MAX_BYTES = 1_000_000


def tracked_files(root):
    """Relative paths of the files git tracks, or of all files outside a checkout."""
    try:
        listing = subprocess.run(
            ["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, text=True
        ).stdout
        names = [name for name in listing.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = [
            str(path.relative_to(root))
            for path in root.rglob("*")
            if path.is_file() and not {"build", ".venv", ".git"} & set(path.relative_to(root).parts)
        ]
    return sorted(pathlib.PurePosixPath(n) for n in names if (root / n).is_file())


def read_list(root, file_list):
    """Yields (line number, path) for each source or list named in a `.f` file."""
    for number, line in enumerate((root / file_list).read_text().splitlines(), 1):
        words = re.sub(r"(//|#).*", "", line).split()
        for word in words:
            if not word.startswith(("-", "+")):
                yield number, word


def breaches(root):
    found = []
    files = tracked_files(root)
    listed = set()
    for name in files:
        path = root / name
        if path.stat().st_size > MAX_BYTES:
            found.append(f"{name}: size: {path.stat().st_size} bytes, at most {MAX_BYTES}")
        if name.suffix not in TEXT_SUFFIXES:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            if name.suffix in SOURCE_SUFFIXES:
                found.append(f"{name}: header: not UTF-8")
            continue
        lines = text.splitlines()
        for number, line in enumerate(lines, 1):
            match = MACHINE_PATH.search(line)
            if match:
                found.append(f"{name}:{number}: paths: {match.group(0)}")
        script = bool(lines) and lines[0].startswith("#!")
        if (name.suffix in SOURCE_SUFFIXES or script) and not any(LICENCE in line for line in lines[:3]):
            found.append(f"{name}:1: header: no \"{LICENCE}\" in the first three lines")
        if name.suffix == ".sv" and name.parts[0] == "rtl":
            holds = re.findall(r"^(?:module|package|interface)\s+(?:automatic\s+)?(\w+)", text, re.MULTILINE)
            if name.stem.endswith("_stub"):
                wanted = [name.stem.removesuffix("_stub").upper()]
            else:
                wanted = [name.stem] if name.stem.startswith("tn_") else ["tn_*"]
            if holds != wanted:
                found.append(f"{name}:1: module: holds {holds}, must hold {wanted}")
        if name.suffix == ".f":
            for number, word in read_list(root, name):
                listed.add(word)
                if not (root / word).is_file():
                    found.append(f"{name}:{number}: listed: {word} does not exist")
    for name in files:
        if name.suffix == ".sv" and name.parts[0] == "rtl" and str(name) not in listed:
            found.append(f"{name}:1: listed: in no file list")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", nargs="?", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    found = breaches(parser.parse_args().root)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
