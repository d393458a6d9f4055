#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the coverage report, each shown a case that breaks it."""

import importlib.machinery
import importlib.util
import sys
import tempfile
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
sys.path.insert(0, str(FOLDER))
import generate_points  # noqa: E402
import host_coverage  # noqa: E402
import rtl_coverage  # noqa: E402

loader = importlib.machinery.SourceFileLoader("coverage_script", str(ROOT / "scripts/coverage"))
script = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
loader.exec_module(script)

SOURCE = "rtl/prim/tn_thing.sv"
TEXT = ["module tn_thing;", "  if (a) b <= c;", "  else b <= d;", "endmodule"]


def point(line, column, kind, spans, count):
    fields = {"f": SOURCE, "l": line, "n": column, "page": "v_branch/tn_thing__W8", "o": kind, "S": spans,
              "h": "dut.tn_thing"}
    return "C '" + "".join(f"\x01{key}\x02{value}" for key, value in fields.items()) + f"' {count}\n"


class FakeHierarchy:
    """Every name is a signal of the one module, declared in line 1."""

    def find(self, words):
        return SOURCE, words[-1], 1


class Rules(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        (self.root / "rtl/prim").mkdir(parents=True)
        (self.root / SOURCE).write_text("\n".join(TEXT), encoding="utf-8")
        self.design = rtl_coverage.Design(self.root)

    def tearDown(self):
        self.folder.cleanup()

    def lines(self, *points):
        path = self.root / "a.line"
        path.write_text("".join(points), encoding="utf-8")
        self.design.add_lines(path, {("tn_thing_points.sv", 5): "thing.happened"})

    def toggles(self, *rows):
        path = self.root / "a.toggle"
        path.write_text("model Vtn_thing\n" + "".join(rows), encoding="utf-8")
        self.design.add_toggles(path, lambda _: FakeHierarchy())

    def test_variants_of_a_module_count_once(self):
        self.lines(point(2, 3, "if", "2", 0), point(2, 3, "else", "3", 4))
        self.assertEqual(self.design.totals()["line"], (1, 2))
        self.lines(point(2, 3, "if", "2", 1))
        self.assertEqual(self.design.totals(), {"line": (2, 2), "branch": (2, 2), "toggle": (0, 0)})

    def test_a_bit_needs_both_edges(self):
        self.toggles("dut tn_thing x\t4\t0\t0000000f\t00000003\n")
        self.assertEqual(self.design.totals()["toggle"], (2, 4))
        self.toggles("dut tn_thing x\t4\t0\t00000000\t00000004\n")
        self.assertEqual(self.design.totals()["toggle"], (3, 4))
        self.assertEqual(self.design.files[SOURCE].signals["x"].missing(), [3])

    def test_the_wide_variant_counts(self):
        self.toggles("dut tn_thing x\t4\t0\t0000000f\t0000000f\n", "dut tn_thing x\t8\t0\t000000f1\t00000031\n")
        self.assertEqual(self.design.totals()["toggle"], (6, 8))

    def test_exclusions(self):
        self.toggles("dut tn_thing x\t8\t0\t0000000f\t0000000f\n")
        self.design.exclude({"toggle": [{"signals": r"tn_thing\.x", "bits": "7:6", "reason": "r"}]})
        self.assertEqual(self.design.totals()["toggle"], (4, 6))
        self.assertEqual(self.design.problems, [])

    def test_an_exclusion_without_use_is_a_problem(self):
        self.toggles("dut tn_thing x\t8\t0\t0000000f\t0000000f\n")
        self.lines(point(2, 3, "if", "2", 1))
        self.design.exclude({"toggle": [{"signals": r"tn_thing\.y", "reason": "r"},
                                        {"signals": r"tn_thing\.x", "bits": "3:0", "reason": "r"},
                                        {"signals": r"tn_thing\.x"}],
                             "line": [{"file": SOURCE, "text": "nowhere", "reason": "r"},
                                      {"file": SOURCE, "text": "b <= c", "reason": "r"}]})
        self.assertEqual([problem.rsplit(": ", 1)[1] for problem in self.design.problems],
                         ["matches nothing", "everything it names was reached; take it out", "no reason",
                          "matches nothing", "everything it names was reached; take it out"])

    def test_a_line_exclusion_takes_its_branches_along(self):
        self.lines(point(2, 3, "if", "2", 0), point(2, 3, "else", "3", 4))
        self.design.exclude({"line": [{"file": SOURCE, "text": "b <= c", "reason": "r"}]})
        self.assertEqual(self.design.totals(), {"line": (1, 1), "branch": (0, 0), "toggle": (0, 0)})

    def test_host_exclusions(self):
        (self.root / "driver").mkdir()
        (self.root / "driver/x.cpp").write_text("a;\nb;\n", encoding="utf-8")
        files = {"driver/x.cpp": {1: 0, 2: 3}}
        excluded, problems = host_coverage.exclude(
            files, self.root, {"host": [{"file": "driver/x.cpp", "text": "a;", "reason": "r"},
                                        {"file": "driver/x.cpp", "text": "c;", "reason": "r"}]})
        self.assertEqual(host_coverage.counts(files["driver/x.cpp"], excluded["driver/x.cpp"]), (1, 1))
        self.assertEqual(len(problems), 1)

    def test_floors(self):
        self.lines(point(2, 3, "if", "2", 0), point(2, 3, "else", "3", 4))
        self.toggles("dut tn_thing x\t4\t0\t0000000f\t00000003\n")
        floors = {"rtl": {"total": {"line": 50, "toggle": 51, "functional": 100}, "units": {"prim": {"line": 60}}},
                  "host": {"total": {"line": 90}}}
        missed = script.check_floors(self.design, [("a", 1), ("b", 0)], (9, 10), floors)
        self.assertEqual([text.split(":")[0] for text in missed], ["rtl toggle", "rtl functional", "rtl/prim line"])
        # A measure that found nothing to measure has not been met either.
        self.assertEqual(len(script.check_floors(rtl_coverage.Design(self.root), [], (0, 0), floors)), 5)

    def test_hits_of_points_are_found(self):
        path = self.root / "b.line"
        path.write_text("C '\x01f\x02/build/tn_thing_points.sv\x01l\x025\x01n\x023\x01page\x02v_user/tn_thing_points"
                        "\x01o\x02cover\x01S\x025\x01h\x02dut.x' 7\n", encoding="utf-8")
        self.design.add_lines(path, {("tn_thing_points.sv", 5): "thing.happened"})
        self.assertEqual(dict(self.design.points), {"thing.happened": 7})


class Points(unittest.TestCase):
    def load(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            return generate_points.load(file.name)

    def test_axes(self):
        groups = self.load("- module: tn_x\n  points:\n    - name: x.<a>.<b>\n      when: p == <a> && q[<b>]\n"
                           "      for: {a: {one: 1, two: 2}, b: [0, 1]}\n"
                           "      omit: [{match: 'x.two.1', reason: never}]\n")
        points = groups[0][1]
        self.assertEqual([p.name for p in points], ["x.one.0", "x.one.1", "x.two.0", "x.two.1"])
        self.assertEqual(points[2].when, "p == 2 && q[0]")
        self.assertEqual(points[3].omitted, "never")
        text, lines = generate_points.text_of(*groups[0])
        self.assertEqual(len(lines), 3)
        for line in lines.values():
            self.assertIn("cover property", text.split("\n")[line - 1])

    def test_wrong_tables(self):
        with self.assertRaises(generate_points.TableError):
            self.load("- module: tn_x\n  points:\n    - {name: x, when: p}\n    - {name: x, when: q}\n")
        with self.assertRaises(generate_points.TableError):
            self.load("- module: tn_x\n  points:\n    - {name: x, when: p, omit: [{match: y, reason: r}]}\n")

    def test_the_table_is_sound(self):
        names = [p.name for _, points in generate_points.load() for p in points]
        self.assertGreater(len(names), 700)


if __name__ == "__main__":
    unittest.main()
