#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does everything exist that docs/verification/plan.md names? Also: does this check notice what does not?"""

import re
import sys
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
sys.path.insert(0, str(FOLDER))
import generate_points  # noqa: E402

PAGE = ROOT / "docs/verification/plan.md"


def known_tests():
    tests = set()
    for path in (ROOT / "testbench").rglob("*.cpp"):
        for suite, name in re.findall(r"^(?:TYPED_)?TEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\)", path.read_text(encoding="utf-8"), re.M):
            tests.add(f"{suite}.{name}")
    return tests


def unknown_names(text, tests, points, proofs):
    """What the third column of the tables names and nobody has."""
    wrong = []
    rows = 0
    for line in text.splitlines():
        cells = line.split(" | ")
        if not line.startswith("| ") or len(cells) != 3 or cells[0] == "| feature":
            continue
        rows += 1
        names = re.findall(r"`([^`]+)`", cells[2])
        links = re.findall(r"\]\(([^)#]+)\)", cells[2])
        if not names and not links:
            wrong.append(f"{cells[0][2:]}: names nothing")
        for name in names:
            if name == "fuzz":
                found = (ROOT / "host/tools/fuzz_command.cpp").exists() or list((ROOT / "host/tools").glob("fuzz*"))
            elif name.startswith("points:"):
                found = any(point.startswith(name[7:] + ".") or point == name[7:] for point in points)
            elif name.startswith("proof:"):
                found = name[6:] in proofs
            elif "/" in name:
                found = (ROOT / name).exists()
            elif name.endswith(".*"):
                found = any(test.startswith(name[:-1]) for test in tests)
            else:
                found = name in tests
            if not found:
                wrong.append(f"{cells[0][2:]}: there is no {name}")
        wrong += [f"{cells[0][2:]}: there is no page {link}" for link in links if not (PAGE.parent / link).exists()]
    return rows, wrong


def main():
    tests = known_tests()
    points = {point.name for _, group in generate_points.load() for point in group}
    proofs = {proof["name"] for proof in yaml.safe_load((ROOT / "testbench/formal/proofs.yaml").read_text(encoding="utf-8"))}
    rows, wrong = unknown_names(PAGE.read_text(encoding="utf-8"), tests, points, proofs)
    for text in wrong:
        print(f"plan.md: {text}", file=sys.stderr)
    if rows < 30:
        sys.exit(f"plan.md: only {rows} rows were read")
    bad = "| a | b | `NoSuch.Test` |\n| a | b | `points:nothing`, `proof:none`, `rtl/none.sv`, `None.*` |\n| a | b | c |\n"
    if len(unknown_names(bad, tests, points, proofs)[1]) != 6:
        sys.exit("plan_test.py: this check does not notice a wrong name")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
