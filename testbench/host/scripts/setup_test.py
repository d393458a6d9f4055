#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/lib.sh installs only with consent, names what is missing and refuses old tools.

apt-get, apt-cache and sudo are replaced by stand-ins that write down how they were called.
"""

import os
import pathlib
import pty
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
NEEDS = 'ensure_packages "tn-needed cmd:tn-needed" "tn-extra cmd:tn-extra"; echo installed'
AS_USER = "is_root() { return 1; }; "


class SetupTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.bin = pathlib.Path(self.folder.name)
        self.log = self.bin / "calls"
        self.log.write_text("")
        self.fake("apt-get", 'echo "apt-get $*" >>"$CALLS"')
        self.fake("apt-cache", 'echo "  Candidate: 1.0"')

    def fake(self, name, body):
        path = self.bin / name
        path.write_text(f"#!/bin/bash\n{body}\n")
        path.chmod(0o755)

    def environment(self, **extra):
        kept = {k: v for k, v in os.environ.items() if k != "CI"}
        return {**kept, "PATH": f"{self.bin}:{os.environ['PATH']}", "CALLS": str(self.log), **extra}

    def run_lib(self, script, **extra):
        """Runs `script` after sourcing lib.sh, with no terminal. Returns status and output."""
        done = subprocess.run(
            ["bash", "-c", f"set -euo pipefail; source scripts/lib.sh; {script}"],
            cwd=ROOT,
            env=self.environment(**extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout

    def calls(self):
        return self.log.read_text().splitlines()

    def test_without_consent_the_line_is_printed_and_nothing_installed(self):
        status, output = self.run_lib("is_root() { return 0; }; " + NEEDS)
        self.assertEqual(status, 3, output)
        self.assertIn("apt-get install --no-install-recommends tn-needed tn-extra", output)
        self.assertNotIn("installed\n", output.replace("Nothing was installed", ""))
        self.assertEqual(self.calls(), [])

    def test_yes_and_ci_install(self):
        for script, extra in (("ASSUME_YES=yes; ", {}), ("", {"CI": "true"})):
            with self.subTest(script=script, extra=extra):
                self.log.write_text("")
                status, output = self.run_lib("is_root() { return 0; }; " + script + NEEDS, **extra)
                self.assertEqual(status, 0, output)
                self.assertEqual(
                    self.calls(),
                    ["apt-get install -y -q --no-install-recommends tn-needed tn-extra"],
                )

    def test_an_unknown_package_list_is_updated_first(self):
        self.fake("apt-cache", 'grep -q update "$CALLS" && echo "  Candidate: 1.0"; true')
        status, output = self.run_lib("is_root() { return 0; }; ASSUME_YES=yes; " + NEEDS)
        self.assertEqual(status, 0, output)
        self.assertEqual([call.split()[1] for call in self.calls()], ["update", "install"])

    def test_a_missing_optional_package_does_not_matter(self):
        self.fake("apt-cache", '[[ "$2" == tn-needed ]] && echo "  Candidate: 1.0"; true')
        status, output = self.run_lib("is_root() { return 0; }; ASSUME_YES=yes; " + NEEDS)
        self.assertEqual(status, 0, output)
        self.assertIn("no tn-extra; going on without", output)
        self.assertEqual(
            self.calls()[-1], "apt-get install -y -q --no-install-recommends tn-needed"
        )
        status, output = self.run_lib('ensure_packages "" "tn-extra cmd:tn-extra"; echo went on')
        self.assertEqual(status, 0, output)
        self.assertIn("went on", output)

    def test_a_missing_required_package_of_the_distribution_is_named(self):
        self.fake("apt-cache", "true")
        status, output = self.run_lib("is_root() { return 0; }; ASSUME_YES=yes; " + NEEDS)
        self.assertEqual(status, 1, output)
        self.assertIn("has no package tn-needed", output)

    def test_neither_root_nor_sudo(self):
        hide = 'command() { [[ "$*" != "-v sudo" ]] && builtin command "$@"; }; '
        status, output = self.run_lib(AS_USER + hide + "ASSUME_YES=yes; " + NEEDS)
        self.assertEqual(status, 3, output)
        self.assertIn("su -c 'apt-get update && apt-get install", output)
        self.assertEqual(self.calls(), [])

    def test_sudo_with_a_password_but_no_terminal(self):
        self.fake("sudo", "exit 1")
        status, output = self.run_lib(AS_USER + "ASSUME_YES=yes; " + NEEDS)
        self.assertEqual(status, 3, output)
        self.assertIn("sudo apt-get install", output)
        self.assertEqual(self.calls(), [])

    def test_sudo_installs(self):
        self.fake("sudo", '[[ "$1" == -n ]] && exit 0; echo "sudo" >>"$CALLS"; "$@"')
        status, output = self.run_lib(AS_USER + "ASSUME_YES=yes; " + NEEDS)
        self.assertEqual(status, 0, output)
        self.assertEqual(self.calls()[0], "sudo")

    def answer_on_terminal(self, answer):
        """Runs the install question on a pseudo terminal. Returns status and output."""
        master, slave = pty.openpty()
        process = subprocess.Popen(
            ["bash", "-c", "set -euo pipefail; source scripts/lib.sh; is_root() { return 0; }; " + NEEDS],
            cwd=ROOT,
            env=self.environment(),
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)
        os.write(master, answer.encode())
        output = b""
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:
                break
            if not piece:
                break
            output += piece
        os.close(master)
        return process.wait(), output.decode()

    def test_the_question_on_a_terminal(self):
        status, output = self.answer_on_terminal("n\n")
        self.assertEqual(status, 3, output)
        self.assertIn("Install them now? [y/N]", output)
        self.assertEqual(self.calls(), [])
        status, output = self.answer_on_terminal("y\n")
        self.assertEqual(status, 0, output)
        self.assertEqual(len(self.calls()), 1)

    def test_an_old_verilator_is_refused(self):
        self.fake("verilator", "echo 'Verilator 4.228 2022-10-01 rev v4.228'")
        status, output = self.run_lib("check_versions")
        self.assertEqual(status, 1, output)
        self.assertIn("Verilator: found 4.228, need >= 5.006", output)

    def test_newer_verilators_are_taken(self):
        for version in ("5.006", "5.020", "5.042"):
            with self.subTest(version):
                self.fake("verilator", f"echo 'Verilator {version} 2024-01-01 rev x'")
                status, output = self.run_lib("check_versions")
                self.assertEqual(status, 0, output)

    def test_wrong_usage(self):
        for command, words in (
            (["scripts/test", "fast"], "unknown argument fast"),
            (["scripts/test", "-j", "0"], "-j 0: must be"),
            (["scripts/test", "--preset", "fastest"], "--preset fastest: must be"),
            (["scripts/demo", "--device"], "--device needs a URL"),
            (["scripts/setup", "--force"], "unknown option --force"),
        ):
            with self.subTest(command=command):
                done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
                self.assertEqual(done.returncode, 2)
                self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
