# SPDX-License-Identifier: Apache-2.0
"""Builds the mutated tree once and runs the benches against each mutant.

The tree is a copy of the working tree in which the chosen files of rtl/ are schemata (mutator.py); its
build is the ordinary one. A mutant is a number in the environment of a bench. Verdicts are kept by the
hash of the bench's executable and the number: the executable holds the design, the mutants and the
tests, and a test is deterministic, so nothing else decides.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

import mutator

# A mutant may stall a bench: it has this many times the CPU time of the design as it is, and the
# seconds. Benches bound their cycles, so that this is rarely what ends one.
LIMIT_FACTOR, LIMIT_SECONDS = 4, 15
# What a mutant may bring and an author's text may not: lint is not what kills mutants here.
LINT_OFF = ["WIDTH", "UNUSEDSIGNAL", "UNUSEDPARAM", "UNOPTFLAT", "CMPCONST", "UNSIGNED", "SELRANGE", "LATCH",
            "CASEINCOMPLETE", "CASEOVERLAP", "BLKSEQ", "VARHIDDEN", "UNDRIVEN", "SYNCASYNCNET", "COMBDLY",
            "ALWCOMBORDER", "MULTIDRIVEN", "IMPERFECTSCH"]
LEFT_OUT = {".git", "build", ".venv", "docs", "Testing", "__pycache__"}


class CampaignError(Exception):
    """The campaign cannot give a verdict: the design itself fails, or does not build."""


def step(text):
    print(f"==> {text}", flush=True)


def tree_files(root):
    """Files of the working tree that a build may read."""
    listing = subprocess.run(["git", "ls-files", "-z", "-c", "-o", "--exclude-standard"], cwd=root, check=False,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if listing.returncode == 0:
        names = [name for name in listing.stdout.split("\0") if name]
    else:
        names = [p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()]
    return [name for name in names
            if not LEFT_OUT & set(pathlib.PurePosixPath(name).parts) and (root / name).is_file()]


def write_tree(root, tree, mutants):
    """Copies the tree, with schemata; touches only what changed. `mutants`: {number: candidate}."""
    by_file = {}
    for number, candidate in mutants.items():
        by_file.setdefault(candidate.file, []).append((number, candidate))
    index = {name: i for i, name in enumerate(mutator.rtl_files(root))}
    wanted = set()
    for name in tree_files(root):
        wanted.add(name)
        data = (root / name).read_bytes()
        if name in by_file:
            data = mutator.schemata(data, by_file[name], index[name])
        elif name == "rtl/lint/waivers.vlt":
            data += b"".join(b"lint_off -rule %s\n" % rule.encode() for rule in LINT_OFF)
        place = tree / name
        if not place.is_file() or place.read_bytes() != data:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            shutil.copymode(root / name, place)
    for place in list(tree.rglob("*")) if tree.is_dir() else []:
        if place.is_file() and place.relative_to(tree).as_posix() not in wanted:
            place.unlink()
    return {i: name for name, i in index.items()}


def build(tree, folder, targets, jobs):
    """Configures and builds `targets`; the commit is kept out of the executables."""
    environment = {**os.environ, "GIT_DIR": str(folder / "no-repository"), "TINIUM_MUTANT": "0"}
    log = folder / "build.log"
    folder.mkdir(parents=True, exist_ok=True)
    with log.open("w") as out:
        for words in (["cmake", "-S", str(tree), "-B", str(folder), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                       f"-DCMAKE_PROJECT_INCLUDE={tree}/testbench/mutation/inject.cmake"],
                      ["cmake", "--build", str(folder), "-j", str(jobs), "--target", *targets]):
            done = subprocess.run(words, env=environment, stdout=out, stderr=subprocess.STDOUT, check=False)
            if done.returncode:
                out.flush()
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
                raise CampaignError(f"the mutated tree does not build:\n{tail}\nwhole log: {log}")


def read_benches(path):
    """[(target, arguments)] of a list of benches."""
    rows = [line.split("#")[0].split() for line in path.read_text().splitlines()]
    return [(row[0], row[1:]) for row in rows if row]


class Bench:
    def __init__(self, folder, target, arguments):
        self.target = target
        self.arguments = arguments
        self.path = folder / "tests" / target
        self.hash = hashlib.sha256(self.path.read_bytes() + " ".join(arguments).encode()).hexdigest()[:24]
        self.cost = 0.0      # CPU seconds of the design as it is
        self.files = set()   # of rtl/, that its models are made of

    def run(self, number, seconds, log=None):
        """(verdict, detail, CPU seconds): verdict passed, failed, crashed or stalled."""
        environment = {**os.environ, "TINIUM_MUTANT": str(number)}
        environment.pop("TINIUM_SEED", None)
        environment.pop("TINIUM_MUTATION_LOG", None)
        if log is not None:
            environment["TINIUM_MUTATION_LOG"] = str(log)

        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        words = [str(self.path), "--no-rerun", "--gtest_fail_fast", "--gtest_brief=1", *self.arguments]
        process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL, preexec_fn=limit)
        # Output may be large: the end of it says which test failed.
        kept = b""
        while True:
            part = process.stdout.read(1 << 16)
            if not part:
                break
            kept = (kept + part)[-60000:]
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        process.stdout.close()
        cpu = usage.ru_utime + usage.ru_stime
        text = kept.decode(errors="replace")
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
            return "passed", "", cpu
        failed = re.findall(r"\[  FAILED  \] (\w[\w./]*)", text) or re.findall(r"--gtest_filter='([^']+)'", text)
        detail = failed[0] if failed else ""
        if os.WIFSIGNALED(status):
            stalled = os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL)
            return ("stalled" if stalled else "crashed"), detail, cpu
        if "Assertion failed in" in text:
            match = re.search(r"Assertion failed in \S*?([\w.]+): ", text)
            detail += f" (assertion {match.group(1).split('.')[-1]})" if match else " (assertion)"
        return "failed", detail, cpu


class Verdicts:
    """What is known, by executable and mutant; written at once, so that a stopped campaign goes on."""

    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        self.data = json.loads(path.read_text()) if path.is_file() else {}

    def get(self, bench, number):
        return self.data.get(f"{bench.hash}:{number}")

    def put(self, bench, number, value):
        with self.lock:
            self.data[f"{bench.hash}:{number}"] = value
            temporary = self.path.with_suffix(".tmp")
            temporary.write_text(json.dumps(self.data))
            temporary.replace(self.path)


def baseline(benches, verdicts, files, folder, jobs):
    """Runs the design as it is: every bench must pass. Learns costs and files."""

    def one(bench):
        known = verdicts.get(bench, 0)
        if known is None:
            log = folder / f"{bench.target}.files"
            log.unlink(missing_ok=True)
            verdict, detail, cpu = bench.run(0, 900, log)
            seen = sorted({int(line) for line in log.read_text().split()}) if log.is_file() else []
            known = {"verdict": verdict, "detail": detail, "cpu": round(cpu, 2), "files": seen}
            if verdict == "passed":
                verdicts.put(bench, 0, known)
        bench.cost = known["cpu"]
        bench.files = {files[i] for i in known["files"]}
        return bench, known

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for bench, known in pool.map(one, benches):
            if known["verdict"] != "passed":
                raise CampaignError(f"{bench.target} {known['verdict']} without a mutant: {known['detail']}")


def judge(number, candidate, benches, verdicts):
    """The first bench that notices the mutant, or None; and the CPU seconds spent now."""
    spent = 0.0
    for bench in sorted((b for b in benches if candidate.file in b.files), key=lambda b: (b.cost, b.target)):
        known = verdicts.get(bench, number)
        if known is None:
            verdict, detail, cpu = bench.run(number, LIMIT_SECONDS + LIMIT_FACTOR * bench.cost)
            known = {"verdict": verdict, "detail": detail, "cpu": round(cpu, 2)}
            verdicts.put(bench, number, known)
            spent += cpu
        if known["verdict"] != "passed":
            return {"bench": bench.target, **known}, spent
    return None, spent


def run(root, folder, mutants, bench_list, jobs, only=None):
    """{number: what killed it, or None}. `only`: numbers to run (default all)."""
    tree, binaries = folder / "tree", folder / "build"
    step(f"writing {len(mutants)} mutants into {tree}")
    files = write_tree(root, tree, mutants)
    targets = list(dict.fromkeys(target for target, _ in bench_list))
    step(f"building {len(targets)} benches (log: {binaries / 'build.log'})")
    started = time.monotonic()
    build(tree, binaries, targets, jobs)
    step(f"built in {time.monotonic() - started:.0f} s; the design as it is")
    benches = [Bench(binaries, target, arguments) for target, arguments in bench_list]
    verdicts = Verdicts(folder / "verdicts.json")
    baseline(benches, verdicts, files, binaries, jobs)
    step(f"all benches pass in {sum(b.cost for b in benches):.0f} s of CPU time; the mutants")
    numbers = [n for n in mutants if only is None or n in only]
    results, total, done = {}, 0.0, 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(judge, n, mutants[n], benches, verdicts): n for n in numbers}
        for future in concurrent.futures.as_completed(futures):
            number = futures[future]
            results[number], spent = future.result()
            total += spent
            done += 1
            killer = results[number]
            if spent > 0.0 or killer is None:
                c = mutants[number]
                print(f"  [{done}/{len(numbers)}] {number} {c.file}:{c.line} {c.kind}: "
                      + (f"{killer['bench']} {killer['verdict']} {killer['detail']}" if killer else "SURVIVED"),
                      flush=True)
    step(f"{sum(r is not None for r in results.values())} of {len(numbers)} killed, {total:.0f} s of CPU time")
    return dict(sorted(results.items())), benches


if __name__ == "__main__":
    sys.exit("run scripts/mutation")
