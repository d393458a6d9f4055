#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each rule of check_tree.py fires on a tree that breaks it, and none on one that keeps them."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import check_tree  # noqa: E402  (needs the path above)

HEADER = "// SPDX-License-Identifier: Apache-2.0\n"
GOOD = {"rtl/a/tn_a.sv": HEADER + "module tn_a;\nendmodule\n", "rtl/a/a.f": "rtl/a/tn_a.sv\n"}


class CheckTreeTest(unittest.TestCase):
    def rules_broken(self, changes):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {**GOOD, **changes}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return [line.split(": ")[1] for line in check_tree.breaches(root)]

    def test_a_good_tree_passes(self):
        self.assertEqual(self.rules_broken({}), [])

    def test_each_rule_fires(self):
        cases = {
            "paths": {"docs/a.md": "see /" + "tmp/x.log\n"},
            "header": {"host/a.cpp": "int a;\n"},
            "module": {"rtl/a/tn_a.sv": HEADER + "module tn_b;\nendmodule\n"},
            "size": {"data.bin": "x" * 1_000_001},
        }
        for rule, changes in cases.items():
            with self.subTest(rule):
                self.assertEqual(self.rules_broken(changes), [rule])
        for list_text in ("", "rtl/a/tn_a.sv\nrtl/a/tn_gone.sv\n"):
            with self.subTest("listed", list_text=list_text):
                self.assertEqual(self.rules_broken({"rtl/a/a.f": list_text}), ["listed"])


if __name__ == "__main__":
    unittest.main()
