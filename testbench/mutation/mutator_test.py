#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the mutator: what each class of mutants writes, and what it leaves alone."""

import pathlib
import unittest

import mutator

ROOT = pathlib.Path(__file__).resolve().parents[2]
FRAME = """// A module.
module tn_m (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic [7:0] a,
  input  logic [7:0] b,
  input  logic c,
  output logic [7:0] y_o
);
  logic [7:0] x, x_q, y_q;
  logic       flag, flag_q;
  logic signed [7:0] s;
  typedef enum logic [1:0] { StIdle, StRun, StDone } state_e;
  state_e state_q;
  %s
endmodule
"""


def found(body, kind=None, frame=FRAME):
    """{(original, mutated)} of `body` inside the module."""
    data = (frame % body).encode()
    enums = mutator.enumerations([data.decode()])
    every = mutator.Finder("rtl/top/tn_m.sv", data, enums, mutator.constant_functions([data.decode()])).run()
    return {(c.original, c.text) for c in every if kind is None or c.kind == kind}


def clocked(statements):
    return f"always_ff @(posedge clk_i) begin {statements} end"


class Operators(unittest.TestCase):
    def test_boundary(self):
        for operator, other in (("<", "<="), ("<=", "<"), (">", ">="), (">=", ">")):
            self.assertEqual(found(f"assign flag = a {operator} b;", "boundary"),
                             {(f"a {operator} b", f"(a) {other} (b)")})

    def test_equality(self):
        self.assertEqual(found("assign flag = a == b;", "equality"), {("a == b", "(a) != (b)")})
        self.assertEqual(found("assign flag = a != b;", "equality"), {("a != b", "(a) == (b)")})

    def test_logic(self):
        self.assertEqual(found("assign flag = c && a[0] || b[0];", "logic"),
                         {("c && a[0]", "(c) || (a[0])"), ("c && a[0] || b[0]", "(c && a[0]) && (b[0])")})

    def test_bitwise(self):
        self.assertEqual(found("assign x = a & b;", "bitwise"), {("a & b", "(a) | (b)"), ("a & b", "(a) ^ (b)")})
        self.assertEqual(found("assign x = a ^ b;", "bitwise"), {("a ^ b", "(a) | (b)"), ("a ^ b", "(a) & (b)")})

    def test_arithmetic_and_swap(self):
        self.assertEqual(found("assign x = a - b;", "arithmetic"), {("a - b", "(a) + (b)")})
        self.assertEqual(found("assign x = a - b;", "swap"), {("a - b", "(b) - (a)")})
        self.assertEqual(found("assign x = a * b;", "arithmetic"), {("a * b", "(a) + (b)")})
        self.assertEqual(found("assign x = {a[3:0], b[3:0]};", "swap"),
                         {("{a[3:0], b[3:0]}", "{b[3:0], a[3:0]}")})

    def test_shift(self):
        self.assertEqual(found("assign x = a << b;", "shift"), {("a << b", "(a) >> (b)")})
        self.assertEqual(found("assign s = s >>> b;", "shift"), {("s >>> b", "(s) >> (b)"), ("s >>> b", "(s) <<< (b)")})

    def test_inversion(self):
        self.assertEqual(found("assign flag = !c;", "inversion"), {("!c", "!(!(c))")})
        self.assertEqual(found("assign x = ~a;", "inversion"), {("~a", "(a)")})
        self.assertEqual(found("assign flag = |a;", "inversion"), {("|a", "&(a)")})

    def test_condition(self):
        wanted = {("c", "!(c)"), ("c", "1'b1"), ("c", "1'b0")}
        self.assertEqual(found("assign x = c ? a : b;", "condition"), wanted)
        self.assertEqual(found(clocked("if (c) x_q <= a;"), "condition"), wanted)

    def test_constant(self):
        self.assertEqual(found("assign x = a + 8'd7;", "constant"), {("8'd7", "8'd8"), ("8'd7", "8'd6")})
        self.assertEqual(found("assign x = a + 8'hff;", "constant"), {("8'hff", "8'h0"), ("8'hff", "8'hfe")})
        self.assertEqual(found("assign flag = a == '0;", "constant"), {("'0", "'1")})
        self.assertEqual(found("assign flag = a > 5;", "constant"), {("5", "6"), ("5", "4")})
        self.assertEqual(found("assign flag = 1'b0;", "constant"), {("1'b0", "1'b1")})
        self.assertEqual(mutator.off_by_one("11'sd24"), ["11'sd25", "11'sd23"])
        self.assertEqual(mutator.off_by_one("2'b01"), ["2'b10", "2'b00"])

    def test_enumerator(self):
        self.assertEqual(found(clocked("state_q <= StRun;"), "enumerator"), {("StRun", "StIdle"), ("StRun", "StDone")})

    def test_drop(self):
        self.assertEqual(found(clocked("x_q <= a;"), "drop"), {("x_q <= a;", "")})
        # In a combinational block only what has a default: no latch.
        self.assertEqual(found("always_comb begin x = a; if (c) x = b; end", "drop"), {("x = b;", "")})
        self.assertEqual(found("always_comb begin if (c) x = b; else x = a; end", "drop"), set())

    def test_no_else(self):
        self.assertEqual(found(clocked("if (c) x_q <= a; else x_q <= b;"), "no_else"), {("else x_q <= b;", "")})
        self.assertEqual(found("always_comb begin if (c) x = a; else x = b; end", "no_else"), set())

    def test_reset(self):
        body = clocked("if (!rst_ni) x_q <= '0; else x_q <= a;")
        self.assertEqual(found(body, "reset"), {("x_q <= '0;", ""), ("'0", "'1")})
        self.assertEqual(found(body, "drop"), {("x_q <= a;", "")})

    def test_stuck(self):
        self.assertEqual(found("assign flag = c && a[0];", "stuck"), {("c && a[0]", "1'b0"), ("c && a[0]", "1'b1")})
        self.assertEqual(found("assign x = a;", "stuck"), {("a", "(a) | 1'b1"), ("a", "(a) & ~1'b1")})
        # A signed operand beside an unsigned one would change the original.
        self.assertEqual(found("assign x = s;", "stuck"), set())


class LeftAlone(unittest.TestCase):
    def check(self, body):
        self.assertEqual(found(body), set(), body)

    def test_what_is_not_logic(self):
        self.check("localparam int unsigned N = 3 + 4;")
        self.check("logic [3+1:0] z;")
        self.check("if (4 > 3) begin : gen_x end")
        self.check("for (genvar g = 0; g < 4; g++) begin : gen_x end")
        self.check("`ifndef SYNTHESIS\n always_ff @(posedge clk_i) begin Claim : assert (a < b); end\n`endif")
        self.check("assign unused_a = a < b;")
        self.check("tn_fifo #(.Width(3 + 4)) u_f (.clk_i, .in_data_i(a));")
        self.check("initial begin x = 8'd3; end")
        self.check("if (4 > 3) begin : gen_x $fatal(1, \"no\"); end")

    def test_parts_of_expressions(self):
        self.assertEqual(found("assign x[3-1] = a[2+1];"), set())
        self.assertEqual(found("assign x = 8'(a);", "constant"), set())
        self.assertEqual(found("assign x = {8{c}};", "constant"), set())
        self.assertEqual(found("assign x = a + 8'($clog2(9));", "constant"), set())
        self.assertEqual(found(clocked("for (int i = 0; i < 4; i++) x_q[i] <= a[i];"), "constant"), set())
        self.assertEqual(found("always_comb begin case (a) 8'd3: x = a; default: x = b; endcase end", "constant"), set())

    def test_functions_of_elaboration(self):
        body = "function automatic int f(int n); return n + 1; endfunction\n"
        self.assertEqual(found(body + "localparam int N = f(3);"), set())
        self.assertIn(("n + 1", "(n) - (1)"), found(body + "assign x = 8'(f(3));"))


class Writing(unittest.TestCase):
    BODY = (clocked("if (c) x_q <= a + (b - 8'd1); else if (flag) x_q <= b; else y_q <= a;")
            + "\n  assign y_o = x_q;")

    def setUp(self):
        self.data = (FRAME % self.BODY).encode()
        every = mutator.Finder("rtl/top/tn_m.sv", self.data, {}).run()
        self.numbered = list(enumerate(every, 1))

    def plain_tree(self, candidate):
        return mutator.plain(self.data, candidate).decode()

    def test_plain_changes_one_place(self):
        for _, c in self.numbered:
            text = self.plain_tree(c)
            mutator.parse(text)
            self.assertTrue(text.startswith(self.data[:c.start].decode()))
            self.assertTrue(text.endswith(self.data[c.end:].decode()))

    def test_schemata_hold_every_mutant(self):
        text = mutator.schemata(self.data, self.numbered, 7).decode()
        mutator.parse(text)
        self.assertIn("int tn_mutant = tinium_mutant(7);", text)
        for number, c in self.numbered:
            sign = "==" if c.form == "expression" else "!="
            self.assertEqual(text.count(f"tn_mutant {sign} {number})") + text.count(f"tn_mutant {sign} {number} &&"), 1,
                             c)

    def test_schemata_without_mutants_say_the_same(self):
        """With number 0 the text reduces to the original: each wrapper is removed and compared."""
        import re
        for number, c in self.numbered:
            text = mutator.schemata(self.data, [(number, c)], 0).decode().replace(mutator.declaration(0), "")
            if c.form == "expression":
                text = text.replace(f"((tn_mutant == {number}) ? ({c.text}) : ({c.original}))", c.original)
            else:
                text = re.sub(r"begin if \(tn_mutant != \d+\) begin (.*) end end", r"\1", text) \
                    if c.form == "else" else text.replace(f"begin if (tn_mutant != {number}) {c.original} end", c.original)
            self.assertEqual(text, self.data.decode())

    def test_dangling_else_keeps_its_if(self):
        drop = [(1, c) for _, c in self.numbered if c.original == "x_q <= b;"]
        self.assertIn("if (flag) begin if (tn_mutant != 1) x_q <= b; end else y_q", mutator.schemata(
            self.data, drop, 0).decode())


class Choice(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.every = mutator.candidates(ROOT)

    def test_the_seed_decides(self):
        first = mutator.choose(self.every, 1, 160)
        self.assertEqual(first, mutator.choose(list(reversed(self.every)), 1, 160))
        self.assertNotEqual(first, mutator.choose(self.every, 2, 160))

    def test_all_units_in_proportion(self):
        chosen = mutator.choose(self.every, 1, 160)
        counts = {unit: sum(c.unit == unit for c in chosen) for unit in mutator.UNITS}
        self.assertEqual(sum(counts.values()), 160)
        self.assertTrue(all(count >= 8 for count in counts.values()), counts)
        self.assertEqual(mutator.shares({"a": 900, "b": 90, "c": 2}, 50, 5), {"a": 43, "b": 5, "c": 2})

    def test_an_edit_elsewhere_changes_little(self):
        name = "rtl/sequencer/tn_semaphores.sv"
        data = (ROOT / name).read_bytes()
        keys = {c.key for c in mutator.Finder(name, data).run()}
        edited = data.replace(b"module tn_semaphores", b"// one more line\nmodule tn_semaphores")
        self.assertEqual(keys, {c.key for c in mutator.Finder(name, edited).run()})

    def test_every_mutant_is_read_by_slang(self):
        for c in mutator.choose(self.every, 3, 200):
            mutator.parse(mutator.plain((ROOT / c.file).read_bytes(), c).decode())

    def test_every_class_has_candidates(self):
        self.assertEqual({c.kind for c in self.every}, set(mutator.CLASSES))


if __name__ == "__main__":
    unittest.main()
