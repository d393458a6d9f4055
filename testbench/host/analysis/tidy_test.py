#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A seeded fault for scripts/tidy: a null pointer that is read, in a tree with the project's checks."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
BAD = "int read(bool known) {\n  int value = 1;\n  int* place = nullptr;\n  if (known) place = &value;\n  return *place;\n}\n"
GOOD = BAD.replace("return *place", "return place == nullptr ? 0 : *place")


def tidy(tree, text):
    source = tree / "driver" / "seeded.cpp"
    source.write_text(text, encoding="utf-8")
    build = tree / "build"
    build.mkdir(exist_ok=True)
    (build / "compile_commands.json").write_text(json.dumps(
        [{"directory": str(build), "file": str(source), "command": f"c++ -std=c++20 -c {source}"}]))
    return subprocess.run([str(tree / "scripts" / "tidy"), str(build), "--only", "driver"],
                          capture_output=True, text=True)


def main():
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder)
        (tree / "driver").mkdir()
        shutil.copytree(ROOT / "scripts", tree / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / ".clang-tidy", tree)
        good, bad = tidy(tree, GOOD), tidy(tree, BAD)
    if good.returncode != 0:
        sys.exit(f"scripts/tidy calls a good file bad:\n{good.stdout}{good.stderr}")
    if bad.returncode == 0 or "NullDereference" not in bad.stdout:
        sys.exit(f"scripts/tidy did not find the seeded fault:\n{bad.stdout}{bad.stderr}")
    print("the seeded fault was found")


if __name__ == "__main__":
    main()
