#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/wave on the kernel `tiny`: every signal of every view exists in the waveform, codes read as the
assembler writes them, --from and --to bound the file, and a view that names a signal too many is found."""

import importlib.machinery
import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
TINIUM = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build/release/bin/tinium"
loader = importlib.machinery.SourceFileLoader("wave", str(ROOT / "scripts" / "wave"))
wave = importlib.util.module_from_spec(importlib.util.spec_from_loader("wave", loader))
sys.dont_write_bytecode = True
loader.exec_module(wave)


class Wave(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name)
        cls.fst = cls.product("whole.fst", "")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def product(cls, name, options):
        fst = cls.path / name
        subprocess.run([str(TINIUM), "bench", "gemm", "--device", f"sim:tiny?trace={fst}{options}",
                        "--m", "5", "--n", "6", "--k", "7"], check=True, stdout=subprocess.DEVNULL)
        return fst

    def test_every_signal_of_every_view_exists(self):
        views = wave.yaml.safe_load(wave.VIEWS.read_text(encoding="utf-8"))["views"]
        self.assertGreaterEqual(len(views), 4)
        for view in views:
            save, missing = wave.make_view(self.fst, view["name"], None)
            self.assertEqual(missing, [], view["name"])
            lines = save.read_text().splitlines()
            self.assertGreater(len([line for line in lines if line.startswith("tn_kernel.")]), 15)
            for line in lines:
                if line.startswith("^"):
                    self.assertTrue(pathlib.Path(line.split(" ", 1)[1]).exists(), line)

    def test_a_signal_too_many_is_found(self):
        save = wave.SaveFile(self.fst, wave.Names(self.fst), None)
        save.add_group("seeded", "tn_kernel.tn_kernel", [{"signal": "u_core.no_such_signal"}])
        self.assertEqual(save.missing, ["tn_kernel.tn_kernel.u_core.no_such_signal"])

    def test_instructions_of_the_waveform_read_as_the_assembler_writes_them(self):
        var = wave.Names(self.fst).vars["tn_kernel.tn_kernel.u_core.u_tensor_engine.instr_i"]
        values = {v if isinstance(v, int) else int(v.replace("x", "0"), 2) for _, v in var.tv}
        codes = wave.Codes()
        texts = {codes.text("instruction", value) for value in values}
        self.assertTrue(any(text.startswith("LoadStationary ") for text in texts), texts)
        program = self.path / "again.s"
        for text in texts:
            if not text.startswith(("LoadStationary ", "MultiplyMoving ")):
                continue
            program.write_text(f".partitions 32\n.stream tensor\n{text}\n")
            image = self.path / "again.bin"
            subprocess.run([str(TINIUM), "asm", str(program), "-o", str(image)], check=True)
            words = image.read_bytes()[64:128]
            self.assertIn(int.from_bytes(words, "little"), values, text)

    def test_structs_in_words(self):
        codes = wave.Codes()
        fault = 2 << 96 | 3 << 64 | 0x40
        self.assertEqual(codes.text("fault", fault), "closed_window at 3, address 0x40")
        self.assertEqual(codes.text("trace", 0x10 << 32 | 7), "7: LoadStationary")
        blocked = 1 << 76 | 1 << 72 | 5 << 64 | 2 << 48 | 1 << 32 | 9
        self.assertEqual(codes.text("blocked", blocked), "s5 >= 2, is 1")
        self.assertEqual(codes.text("sem_update", 4 << 18 | 1 << 16 | 3), "s4 add 3")
        self.assertEqual(codes.text("semaphores", 7 << 16 | 2 << 48), "s1=7 s3=2")

    def test_the_filter_process_answers_each_line(self):
        done = subprocess.run([sys.executable, str(ROOT / "scripts/wave"), "--decode", "trace"], text=True,
                              input="0100000002\nxxxxxxxxxx\n", capture_output=True, check=True)
        self.assertEqual(done.stdout.splitlines(), ["2: Halt", "xxxxxxxxxx"])

    def test_from_and_to_bound_the_waveform(self):
        part = self.product("part.fst", "&trace_from=40&trace_to=60")
        times = [t for t, _ in wave.Names(part).vars["tn_kernel.ap_clk"].tv]
        self.assertGreaterEqual(min(times), 2 * 40)
        self.assertLessEqual(max(times), 2 * 60 + 1)
        self.assertGreaterEqual(len(times), 30)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
