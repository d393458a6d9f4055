#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Elaborates a top with slang, the front end that Yosys reads SystemVerilog with; warnings are errors.

usage: slang_lint.py <top> <.sv and .f files relative to the root of the tree...>

It is stricter than Verilator where the language is (declaration before use), and quick enough to
elaborate the largest configuration, for which Verilator's lint takes over 14 GB.
"""

import pathlib
import re
import sys

from pyslang import driver as slang

ROOT = pathlib.Path(__file__).resolve().parents[2]
ARGUMENTS = [
    "--single-unit",
    "-Werror",
    # A shift by the full width gives zero, which is meant where a physical size equals the architectural.
    "-Wno-shift-count-overflow",
]


def expand(words, files):
    """Appends the files that words and nested lists name to `files`, each once, in order."""
    for word in words:
        if word == "-f":
            continue
        if word.endswith(".f"):
            text = re.sub(r"(//|#).*", "", (ROOT / word).read_text())
            expand(text.split(), files)
        elif word not in files:
            files.append(word)
    return files


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    top, *words = arguments
    files = [str(ROOT / name) for name in expand(words, [])]
    driver = slang.Driver()
    driver.addStandardArgs()
    line = " ".join(f'"{word}"' for word in ["slang", *ARGUMENTS, "--top", top, *files])
    if not driver.parseCommandLine(line, slang.CommandLineOptions()):
        return 1
    if not driver.processOptions() or not driver.parseAllSources():
        driver.reportDiagnostics(False)
        return 1
    compilation = driver.createCompilation()
    driver.reportCompilation(compilation, True)
    return 0 if driver.reportDiagnostics(False) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
