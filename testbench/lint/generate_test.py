# SPDX-License-Identifier: Apache-2.0
"""Shows that scripts/generate --check finds what it is for, on copies of rtl/ with one change each."""

import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SPEC = "rtl/spec/isa.yaml"
MOVE = ("imm: {at: [6, 0, 32]}", "imm: {at: [8, 0, 32]}")
RAISE = ("map_version: {major: 2, minor: 0}", "map_version: {major: 3, minor: 0}")
TEXT = ("Ends the stream of this engine.", "Ends this stream.")
OVERLAP = ("rs: {at: [5, 4, 4]}", "rs: {at: [5, 0, 4]}")

# changes, options, exit status, part of the output
CASES = [
    ([], ["--check"], 0, ""),
    ([MOVE], ["--check"], 1, "raise map_version"),
    ([MOVE], [], 1, "raise map_version"),
    ([MOVE, RAISE], ["--check"], 1, "tn_isa_pkg.sv differs"),
    ([MOVE, RAISE], [], 0, "wrote rtl/generated/map.lock"),
    ([TEXT], ["--check"], 1, "isa.md differs"),
    ([OVERLAP], ["--check"], 1, "overlaps another field"),
]


def run(changes, options):
    """Runs the generator on a copy of the tree with `changes` to the instruction set."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder)
        for part in ("rtl", "driver/include/tinium/generated", "docs/reference"):
            shutil.copytree(ROOT / part, copy / part)
        for part in ("scripts/generate", "verible.filelist"):
            (copy / part).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / part, copy / part)
        text = (copy / SPEC).read_text(encoding="utf-8")
        for old, new in changes:
            if old not in text:
                sys.exit(f"{SPEC} no longer has '{old}': this test needs another change")
            text = text.replace(old, new)
        (copy / SPEC).write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, copy / "scripts/generate", *options],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


def main():
    failed = 0
    for changes, options, status, part in CASES:
        found, output = run(changes, options)
        if found != status or part not in output:
            failed += 1
            print(f"changes {changes}, options {options}: expected status {status} and '{part}', "
                  f"got status {found}:\n{output[:500]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
