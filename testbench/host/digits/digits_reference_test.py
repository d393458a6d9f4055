#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/digits_reference.py --check must fail on what it is there to find."""

import json
import pathlib
import sys
import unittest
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "scripts"))

import digits_reference  # noqa: E402  (needs the path above)


class DigitsReferenceTest(unittest.TestCase):
    def weights(self, edit):
        """Reads a copy of weights.bin after `edit(bytearray)`."""
        raw = bytearray((digits_reference.DATA / "weights.bin").read_bytes())
        edit(raw)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "weights.bin"
            path.write_bytes(bytes(raw))
            return digits_reference.read_weights(path)

    def test_one_flipped_bit_is_found(self):
        def flip(raw):
            raw[5000] ^= 1

        with self.assertRaisesRegex(ValueError, "CRC-32"):
            self.weights(flip)

    def test_wrong_magic_version_and_length(self):
        def magic(raw):
            raw[0] = 0

        def version(raw):
            raw[8] = 2

        def truncate(raw):
            del raw[20:]

        for edit, words in ((magic, "magic is"), (version, "version is 2"), (truncate, "too few")):
            with self.subTest(words), self.assertRaisesRegex(ValueError, words):
                self.weights(edit)

    def test_a_changed_logit_or_prediction_is_reported(self):
        stored = json.loads((digits_reference.DATA / "reference.json").read_text())
        fresh = digits_reference.compute()
        self.assertEqual(digits_reference.differences(stored, fresh), [])
        stored["logits"][7][3] += 1e-3
        stored["predictions"][0] ^= 1
        found = digits_reference.differences(stored, fresh)
        self.assertEqual([line.split(":")[0] for line in found], ["predictions", "logits"])


if __name__ == "__main__":
    unittest.main()
