#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the checkers are the same in three places: the assertions of rtl/checkers, the tables of
docs/verification/checkers.md, and the seeded faults of the tests. Numbers run from 1 without a gap."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
RULE = r"((?:AXI-[RW]|[A-Z]+-)\d\d)"


def rules_in(paths, pattern):
    found = []
    for path in paths:
        found += re.findall(pattern, path.read_text())
    return found


def main():
    asserted = rules_in(sorted((ROOT / "rtl/checkers").glob("*_checker.sv")), rf'\$error\("{RULE} (\w+):')
    documented = rules_in([ROOT / "docs/verification/checkers.md"], rf"^\| {RULE} \| (\w+) \|".replace("^", r"(?m:^)"))
    seeded = rules_in(sorted((ROOT / "testbench/unit/checkers").glob("*_checker_test.cpp")), rf'"{RULE} (\w+)"')
    breaches = []
    if len(set(asserted)) != len(asserted):
        breaches.append("a rule is asserted twice")
    for name, others in (("documented", documented), ("seeded", seeded)):
        breaches += [f"{rule} {words}: asserted, not {name}" for rule, words in asserted if (rule, words) not in others]
        breaches += [f"{rule} {words}: {name}, not asserted" for rule, words in others if (rule, words) not in asserted]
    kinds = {}
    for rule, _ in asserted:
        kinds.setdefault(rule[:-2], []).append(int(rule[-2:]))
    for kind, numbers in kinds.items():
        if numbers != list(range(1, len(numbers) + 1)):
            breaches.append(f"{kind}: numbers are {numbers}")
    total = re.search(r"^(\d+) rules", (ROOT / "docs/verification/checkers.md").read_text(), re.MULTILINE)
    if not total or int(total.group(1)) != len(asserted):
        breaches.append(f"the page does not say {len(asserted)} rules")
    for line in sorted(set(breaches)):
        print(line)
    return 1 if breaches or not asserted else 0


if __name__ == "__main__":
    sys.exit(main())
