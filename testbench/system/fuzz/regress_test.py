#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/regress: jobs, groups, JUnit file, shards. The fuzzer and the benches are stand-ins."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parents[3]

FUZZ = """#!/usr/bin/env python3
import json, sys
first, last = (int(x) for x in sys.argv[sys.argv.index("--seeds") + 1].split(".."))
bad = [s for s in range(first, last + 1) if s in (7, 1003, 1004)]
print(json.dumps({"programs": last - first + 1, "core_cycles": 10, "failures": [
    {"seed": s, "signature": "SBUF bytes" if s < 100 else "hang", "file": f"{s}.case", "rerun": f"again {s}"}
    for s in bad]}))
sys.exit(1 if bad else 0)
"""
BENCH = """#!/bin/bash
if [[ "$2" == 3 || "$2" == 5 ]]; then
  printf 'x.cpp:9: Failure\\nvalue %d differs\\n[  FAILED  ] Suite.Test (3 ms)\\n' "$2"
  exit 1
fi
"""


class RegressTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.build = pathlib.Path(self.folder.name)
        for name, text in (("bin/tinium", FUZZ), ("tests/a_bench", BENCH)):
            path = self.build / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            path.chmod(0o755)

    def regress(self, *args):
        done = subprocess.run([sys.executable, str(ROOT / "scripts" / "regress"), "--build", str(self.build), *args],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def summary(self):
        return json.loads((self.build / "regress" / "summary.json").read_text())

    def test_failures_are_grouped_and_have_rerun_lines(self):
        status, output = self.regress("--seeds", "1500", "--device", "sim:tiny", "--mode", "programs", "-j", "2")
        self.assertEqual(status, 1, output)
        self.assertIn("2 x hang", output)
        self.assertIn("rerun: again 7", output)
        self.assertIn("1 jobs passed, 2 failed", output)
        self.assertEqual(self.summary()["figures"]["programs"], 1500)
        self.assertEqual([one["file"] for one in self.summary()["failures"]["SBUF bytes"]], ["7.case"])
        suite = xml.parse(self.build / "regress" / "regress.xml").getroot()
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("3", "2"))
        self.assertEqual(len(suite.findall("testcase/failure")), 3)

    def test_good_seeds_pass(self):
        status, output = self.regress("--seeds", "100", "--first", "20", "--device", "sim:tiny")
        self.assertEqual(status, 0, output)
        self.assertEqual(self.summary()["failures"], {})

    def test_benches_with_seeds(self):
        status, output = self.regress("--seeds", "6", "--bench", "a_bench", "-j", "3")
        self.assertEqual(status, 1, output)
        self.assertEqual(self.summary()["jobs"], 6)
        # One cause, whatever the numbers in its message.
        self.assertEqual([(k, len(v)) for k, v in self.summary()["failures"].items()],
                         [("a_bench Suite.Test: value # differs", 2)])

    def test_shards_are_all_of_it_once(self):
        total = 0
        for index in range(3):
            self.regress("--seeds", "2600", "--device", "sim:tiny", "--shard", f"{index}/3")
            total += self.summary()["figures"]["programs"]
        self.assertEqual(total, 2 * 2600)

    def test_what_does_not_run_has_failed(self):
        status, output = self.regress("--seeds", "1", "--bench", "no_such_bench")
        self.assertEqual(status, 1, output)
        self.assertIn("cannot run", output)

    def test_wrong_usage(self):
        for args in (["--seeds", "0"], ["--shard", "3/3"], ["--mode", "some"]):
            self.assertEqual(self.regress(*args)[0], 2)


if __name__ == "__main__":
    unittest.main()
