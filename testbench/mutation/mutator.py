# SPDX-License-Identifier: Apache-2.0
"""Finds where the RTL can be mutated, chooses mutants by a seed and writes them.

A candidate is one small change at one place of one file: another operator, a condition turned round, a
constant one off, an assignment left out. Candidates come from slang's syntax tree, never from matching
text, so that what is not logic of the design stays as it is: assertions (read with SYNTHESIS defined),
parameters, ranges and dimensions, loop bounds, generate conditions, labels of case items, functions that
are called while elaborating, and the `unused_*` sinks of the lint.

Two ways to write mutants:
  plain      one mutant in the text, as an author would have made the mistake: for proofs and reports
  schemata   all chosen mutants of a file, each behind `tn_mutant == <number>`; the variable is read once,
             when the model is made, from tinium_mutant() in C (selected_mutant.cpp). Number 0 is the
             design as it is. One build then serves every mutant.
A mutant beside the original in one conditional expression must not change the original's width or sign:
both branches have the same form, and where they would not (a bit stuck), signed operands are left alone.
"""

import dataclasses
import hashlib
import pathlib
import re

import pyslang
from pyslang import parsing, syntax

Kind = syntax.SyntaxKind

UNITS = ("prim", "tensor", "memory", "vector", "dma", "sequencer", "bus", "top")

# class: what it stands for. Written into the report.
CLASSES = {
    "boundary": "`<` for `<=`, `>` for `>=`, and back",
    "equality": "`==` for `!=`, and back",
    "logic": "`&&` for `||`, and back",
    "bitwise": "`&`, `|` and `^` for one another",
    "arithmetic": "`+` for `-`, and back; `*` to `+`; `/` and `%` for one another",
    "shift": "left for right, and back; arithmetic to logical",
    "inversion": "`!`, `~` left out; reductions `&`, `|`, `^` for one another",
    "condition": "the condition of an `if` or of `?:` negated, always true, never true",
    "constant": "a literal one more or one less, a bit or a fill inverted",
    "enumerator": "another member of the same enumeration",
    "swap": "operands exchanged: `-`, relations, concatenations of two",
    "drop": "an assignment left out (in a combinational block only after a default)",
    "no_else": "the `else` of a clocked `if` left out",
    "reset": "an assignment of the reset branch left out, or with the fill inverted",
    "stuck": "the value of an assignment: a bit stuck at 0 or 1",
}

BINARY = {
    Kind.LessThanExpression: [("boundary", "<=")],
    Kind.LessThanEqualExpression: [("boundary", "<")],
    Kind.GreaterThanExpression: [("boundary", ">=")],
    Kind.GreaterThanEqualExpression: [("boundary", ">")],
    Kind.EqualityExpression: [("equality", "!=")],
    Kind.InequalityExpression: [("equality", "==")],
    Kind.LogicalAndExpression: [("logic", "||")],
    Kind.LogicalOrExpression: [("logic", "&&")],
    Kind.BinaryAndExpression: [("bitwise", "|"), ("bitwise", "^")],
    Kind.BinaryOrExpression: [("bitwise", "&"), ("bitwise", "^")],
    Kind.BinaryXorExpression: [("bitwise", "|"), ("bitwise", "&")],
    Kind.AddExpression: [("arithmetic", "-")],
    Kind.SubtractExpression: [("arithmetic", "+")],
    Kind.MultiplyExpression: [("arithmetic", "+")],
    Kind.DivideExpression: [("arithmetic", "%")],
    Kind.ModExpression: [("arithmetic", "/")],
    Kind.LogicalShiftLeftExpression: [("shift", ">>")],
    Kind.LogicalShiftRightExpression: [("shift", "<<")],
    Kind.ArithmeticShiftLeftExpression: [("shift", ">>>")],
    Kind.ArithmeticShiftRightExpression: [("shift", ">>"), ("shift", "<<<")],
}
SWAPPED = {
    Kind.SubtractExpression, Kind.LessThanExpression, Kind.LessThanEqualExpression,
    Kind.GreaterThanExpression, Kind.GreaterThanEqualExpression,
}
REDUCTIONS = {
    Kind.UnaryBitwiseAndExpression: "|",
    Kind.UnaryBitwiseOrExpression: "&",
    Kind.UnaryBitwiseXorExpression: "|",
}
ASSIGNMENTS = {Kind.AssignmentExpression, Kind.NonblockingAssignmentExpression, Kind.OrAssignmentExpression,
               Kind.AndAssignmentExpression, Kind.AddAssignmentExpression}
# Nothing below these is logic of the design, or may depend on a variable.
CLOSED = {
    Kind.ParameterDeclaration, Kind.VariableDimension, Kind.ElementSelect, Kind.SimpleRangeSelect,
    Kind.AscendingRangeSelect, Kind.DescendingRangeSelect, Kind.BitSelect, Kind.ParameterValueAssignment,
    Kind.EventControlWithExpression, Kind.ElabSystemTask, Kind.ImmediateAssertStatement, Kind.TypedefDeclaration,
    Kind.AnsiPortList, Kind.FunctionPortList, Kind.InitialBlock, Kind.FinalBlock, Kind.ImmediateAssumeStatement,
    Kind.ImmediateCoverStatement, Kind.AttributeInstance, Kind.StringLiteralExpression, Kind.PackageImportDeclaration,
}
SIGN_ONLY = {"$signed", "$unsigned"}  # system functions whose arguments are ordinary expressions


@dataclasses.dataclass(frozen=True)
class Candidate:
    """One change: the bytes start..end of `file` become `text`."""

    file: str    # relative to the root of the tree
    line: int
    kind: str    # a key of CLASSES
    form: str    # expression, statement or else: how the schemata are written
    start: int
    end: int
    original: str
    text: str
    key: str     # survives edits elsewhere in the file: the seed chooses by it

    @property
    def unit(self):
        return pathlib.PurePosixPath(self.file).parts[1]

    @property
    def site(self):
        return (self.file, self.start, self.end)


def parse(text, defines=("SYNTHESIS",)):
    options = parsing.PreprocessorOptions()
    options.predefines = list(defines)
    tree = syntax.SyntaxTree.fromText(text, pyslang.SourceManager(), "source", "", pyslang.Bag([options]))
    errors = [str(d.code) for d in tree.diagnostics if d.isError()]
    if errors:
        raise ValueError(f"slang does not read it: {errors}")
    return tree


def children(node):
    return [child for child in node if isinstance(child, syntax.SyntaxNode)]


def walk(node):
    yield node
    for child in children(node):
        yield from walk(child)


def enumerations(texts):
    """{member: (package or "", all members)} of every enumeration in `texts`; a name in two is left out."""
    found, twice = {}, set()
    for text in texts:
        for node in walk(parse(text).root):
            if node.kind != Kind.EnumType:
                continue
            members = [d.name.valueText for d in children(node.members) if d.kind == Kind.Declarator] \
                if isinstance(node.members, syntax.SyntaxNode) else \
                [d.name.valueText for d in node.members if isinstance(d, syntax.SyntaxNode)]
            for member in members:
                if member in found:
                    twice.add(member)
                found[member] = members
    return {name: members for name, members in found.items() if name not in twice}


def constant_functions(texts):
    """Names of the functions that elaboration calls, and of those that they call."""
    calls, roots = {}, set()
    elaboration = {Kind.ParameterDeclaration, Kind.VariableDimension, Kind.ParameterValueAssignment,
                   Kind.SimpleRangeSelect}
    for text in texts:
        def visit(node, constant, function):
            if node.kind == Kind.FunctionDeclaration:
                function = str(node.prototype.name).strip()
            constant = constant or node.kind in elaboration
            if node.kind == Kind.InvocationExpression:
                name = str(node.left).strip().split("::")[-1]
                if constant:
                    roots.add(name)
                elif function:
                    calls.setdefault(function, set()).add(name)
            for child in children(node):
                header = node.kind in (Kind.IfGenerate, Kind.CaseGenerate, Kind.LoopGenerate) \
                    and child.kind not in (Kind.GenerateBlock, Kind.ElseClause)
                visit(child, constant or header, function)
        visit(parse(text).root, False, None)
    reached, work = set(), list(roots)
    while work:
        name = work.pop()
        if name not in reached:
            reached.add(name)
            work.extend(calls.get(name, ()))
    return reached


class Finder:
    """Lists the candidates of one file."""

    def __init__(self, file, data, enums=None, constants=frozenset()):
        self.file = file
        self.data = data
        self.enums = enums or {}
        self.constants = constants
        self.found = []
        self.widths, self.signed = {}, {"int", "integer"}
        self.seen = {}

    def run(self):
        root = parse(self.data.decode()).root
        self.declarations(root)
        self.visit(root, Context())
        return self.found

    # ---- Declarations: what is a plain unsigned vector, what is signed ----

    def declarations(self, root):
        for node in walk(root):
            if node.kind in (Kind.DataDeclaration, Kind.LocalVariableDeclaration):
                self.declare(node.type, [d for d in node.declarators if isinstance(d, syntax.SyntaxNode)])
            elif node.kind == Kind.ImplicitAnsiPort and hasattr(node.header, "dataType"):
                self.declare(node.header.dataType, [node.declarator])
            elif node.kind == Kind.FunctionPort and node.dataType is not None:
                self.declare(node.dataType, [node.declarator])

    def declare(self, data_type, declarators):
        text = str(data_type).strip()
        signed = "signed" in text.replace("unsigned", "") or (
            re.match(r"(int|integer|byte|shortint|longint)\b", text) and "unsigned" not in text)
        for declarator in declarators:
            name = declarator.name.valueText
            if signed:
                self.signed.add(name)
            unpacked = any(c.kind == Kind.VariableDimension for c in children(declarator.dimensions)) \
                if isinstance(declarator.dimensions, syntax.SyntaxNode) else len(list(declarator.dimensions)) > 0
            if not signed and not unpacked and data_type.kind in (Kind.LogicType, Kind.BitType, Kind.RegType):
                dimensions = text.count("[")
                # A name declared twice, in two blocks, must be the same in both.
                self.widths[name] = dimensions if self.widths.get(name, dimensions) == dimensions else 9
            else:
                self.widths[name] = 9

    # ---- Text ----

    def span(self, node):
        return node.sourceRange.start.offset, node.sourceRange.end.offset

    def source(self, node):
        start, end = self.span(node)
        return self.data[start:end].decode()

    def add(self, node, kind, text, form="expression"):
        start, end = self.span(node)
        first = self.data.rfind(b"\n", 0, start) + 1
        last = self.data.find(b"\n", end)
        around = re.sub(r"\s+", " ", self.data[first:last].decode()).strip()
        base = f"{self.file}|{kind}|{around}|{self.data[first:start].decode().strip()}|{text}"
        count = self.seen[base] = self.seen.get(base, -1) + 1
        self.found.append(Candidate(
            file=self.file, line=self.data.count(b"\n", 0, start) + 1, kind=kind, form=form, start=start,
            end=end, original=self.source(node), text=text, key=f"{base}|{count}"))

    # ---- The walk ----

    def visit(self, node, at):
        kind = node.kind
        if kind in CLOSED:
            return
        if kind == Kind.FunctionDeclaration:
            if str(node.prototype.name).strip() in self.constants:
                return
            at = dataclasses.replace(at, logic=True, clocked=False, assigned=())
            items = [item for item in node.items if isinstance(item, syntax.SyntaxNode)]
            self.visit_items(items, at)
            return
        if kind == Kind.ContinuousAssign:
            at = dataclasses.replace(at, logic=True)
        elif kind in (Kind.AlwaysFFBlock, Kind.AlwaysCombBlock):
            at = dataclasses.replace(at, logic=True, clocked=kind == Kind.AlwaysFFBlock, assigned=())
        elif kind == Kind.NamedPortConnection:
            at = dataclasses.replace(at, logic=True, port=True)
        elif kind == Kind.CastExpression:
            self.visit(node.right, at)
            return
        elif kind == Kind.MultipleConcatenationExpression:
            self.visit(node.concatenation, at)
            return
        elif kind == Kind.ForLoopStatement:
            self.visit(node.statement, at)
            return
        elif kind in (Kind.IfGenerate, Kind.LoopGenerate):
            self.visit(node.block, at)
            if getattr(node, "elseClause", None) is not None:
                self.visit(node.elseClause, at)
            return
        elif kind in (Kind.StandardCaseItem,):
            self.visit(node.clause, at)
            return
        elif kind == Kind.InvocationExpression:
            name = str(node.left).strip()
            if name.startswith("$") and name not in SIGN_ONLY:
                return
            if node.arguments is not None:
                self.visit(node.arguments, at)
            return
        elif kind == Kind.ScopedName or kind == Kind.IdentifierName:
            if at.logic and not at.port:
                self.enumerator(node)
            return
        elif kind == Kind.AssignmentPatternItem:
            self.visit(node.expr, at)
            return

        if kind == Kind.SequentialBlockStatement:
            self.visit_items([i for i in node.items if isinstance(i, syntax.SyntaxNode)], at)
            return
        if kind in ASSIGNMENTS:
            target = self.source(node.left)
            if target.startswith("unused_"):
                return
            if at.logic and kind != Kind.OrAssignmentExpression:
                self.assignment(node, target, at)
            self.visit(node.right, at)
            return
        if kind == Kind.ExpressionStatement and at.logic:
            self.statement(node, at)
        if kind == Kind.ConditionalStatement:
            self.conditional(node, at)
            return
        if kind == Kind.ConditionalPredicate and at.logic:
            text = self.source(node)
            self.add(node, "condition", f"!({text})")
            self.add(node, "condition", "1'b1")
            self.add(node, "condition", "1'b0")
        if at.logic:
            self.expression(node, at)
        for child in children(node):
            self.visit(child, at)

    def visit_items(self, items, at):
        """Statements in order: an assignment may be left out where an earlier one gave a default."""
        assigned = set(at.assigned)
        for item in items:
            self.visit(item, dataclasses.replace(at, assigned=tuple(assigned)))
            if item.kind == Kind.ExpressionStatement and item.expr.kind in ASSIGNMENTS:
                assigned.add(self.source(item.expr.left))

    def conditional(self, node, at):
        reset = "!rst_ni" in self.source(node.predicate)
        self.visit(node.predicate, at)
        self.visit(node.statement, dataclasses.replace(at, reset=at.reset or (reset and at.clocked)))
        if node.elseClause is not None:
            if at.clocked:
                self.add(node.elseClause, "no_else", "", form="else")
            self.visit(node.elseClause.clause, at)

    def statement(self, node, at):
        inner = node.expr
        if inner.kind not in ASSIGNMENTS:
            return
        target = self.source(inner.left)
        if target.startswith("unused_"):
            return
        clocked = inner.kind == Kind.NonblockingAssignmentExpression
        base = re.match(r"\w+", target)
        default = target in at.assigned or (base is not None and base.group(0) in at.assigned)
        if clocked or default or inner.kind == Kind.OrAssignmentExpression:
            self.add(node, "reset" if at.reset else "drop", "", form="statement")

    def assignment(self, node, target, at):
        right = node.right
        text = self.source(right)
        if at.reset and text in ("'0", "'1"):
            self.add(right, "reset", "'1" if text == "'0" else "'0")
            return
        words = set(re.findall(r"[\w$]+", text))
        dimensions = self.widths.get(target, 9)
        if dimensions > 1 or right.kind in (Kind.IntegerVectorExpression, Kind.UnbasedUnsizedLiteralExpression,
                                            Kind.IntegerLiteralExpression, Kind.AssignmentPatternExpression):
            return
        if words & self.signed or "signed" in text or "'sd" in text or "'{" in text:
            return
        if dimensions == 0:
            self.add(right, "stuck", "1'b0")
            self.add(right, "stuck", "1'b1")
        else:
            self.add(right, "stuck", f"({text}) | 1'b1")
            self.add(right, "stuck", f"({text}) & ~1'b1")

    def expression(self, node, at):
        kind = node.kind
        if kind in BINARY:
            left, right = self.source(node.left), self.source(node.right)
            for name, operator in BINARY[kind]:
                self.add(node, name, f"({left}) {operator} ({right})")
            if kind in SWAPPED and left != right:
                self.add(node, "swap", f"({right}) {self.operator(node)} ({left})")
        elif kind in (Kind.UnaryLogicalNotExpression,):
            self.add(node, "inversion", f"!(!({self.source(node.operand)}))")
        elif kind == Kind.UnaryBitwiseNotExpression:
            self.add(node, "inversion", f"({self.source(node.operand)})")
        elif kind in REDUCTIONS:
            self.add(node, "inversion", f"{REDUCTIONS[kind]}({self.source(node.operand)})")
        elif kind == Kind.ConcatenationExpression and not at.port:
            parts = [self.source(p) for p in node.expressions if isinstance(p, syntax.SyntaxNode)]
            if len(parts) == 2 and parts[0] != parts[1]:
                self.add(node, "swap", f"{{{parts[1]}, {parts[0]}}}")
        elif kind in (Kind.IntegerLiteralExpression, Kind.IntegerVectorExpression,
                      Kind.UnbasedUnsizedLiteralExpression):
            for text in off_by_one(self.source(node)):
                self.add(node, "constant", text)

    @staticmethod
    def operator(node):
        return str(node.operatorToken.valueText or node.operatorToken).strip()

    def enumerator(self, node):
        text = self.source(node)
        scope, _, name = text.rpartition("::")
        members = self.enums.get(name)
        if members is None or len(members) < 2:
            return
        for other in members:
            if other != name:
                self.add(node, "enumerator", f"{scope}::{other}" if scope else other)


@dataclasses.dataclass(frozen=True)
class Context:
    logic: bool = False      # inside logic of the design
    clocked: bool = False    # inside always_ff
    reset: bool = False      # inside the branch taken in reset
    port: bool = False       # inside a port connection
    assigned: tuple = ()     # targets with a default earlier in the block


def off_by_one(text):
    """Literals one more and one less than `text`, of the same form; a bit or a fill inverted."""
    if text in ("'0", "'1"):
        return ["'1" if text == "'0" else "'0"]
    if re.fullmatch(r"[\d_]+", text):
        value = int(text.replace("_", ""))
        return [str(value + 1)] + ([str(value - 1)] if value > 0 else [])
    match = re.fullmatch(r"(\d+)'(s?)([bdhoBDHO])([0-9a-fA-F_]+)", text)
    if match is None:
        return []
    width, sign, base, digits = int(match[1]), match[2], match[3].lower(), match[4].replace("_", "")
    value = int(digits, {"b": 2, "d": 10, "h": 16, "o": 8}[base])
    form = {"b": f"0{width}b", "d": "d", "h": "x", "o": "o"}[base]
    values = []
    for other in (value + 1, value - 1):
        other %= 1 << width
        if other != value and other not in values:
            values.append(other)
    return [f"{width}'{sign}{base}{other:{form}}" for other in values]


def rtl_files(root):
    """The files whose logic is mutated: all of rtl/ but generated packages, checkers and stubs."""
    names = []
    for path in sorted((root / "rtl").rglob("*.sv")):
        name = path.relative_to(root)
        if name.parts[1] in UNITS and not name.stem.endswith("_stub"):
            names.append(name.as_posix())
    return names


def candidates(root, files=None):
    """All candidates of the tree, by file and place."""
    every = sorted((root / "rtl").rglob("*.sv"))
    texts = [path.read_text() for path in every if "checkers" not in path.parts]
    packages = [path.read_text() for path in every if path.stem.endswith("_pkg") and "generated/" not in path.as_posix()]
    packages.append((root / "rtl/generated/tn_isa_pkg.sv").read_text())
    shared, constants = enumerations(packages), constant_functions(texts)
    found = []
    for name in files if files is not None else rtl_files(root):
        data = (root / name).read_bytes()
        enums = {**shared, **enumerations([data.decode()])}
        found += Finder(name, data, enums, constants).run()
    return found


def rank(seed, key):
    return hashlib.sha256(f"{seed}|{key}".encode()).hexdigest()


def shares(sizes, total, least):
    """`total` split in proportion to `sizes`, nobody below `least` (or what it has)."""
    share = {unit: min(least, size) for unit, size in sizes.items()}
    while sum(share.values()) < total:
        room = [unit for unit in sizes if share[unit] < sizes[unit]]
        if not room:
            break
        share[max(room, key=lambda unit: (sizes[unit] / (share[unit] + 0.5), unit))] += 1
    return share


def choose(found, seed, total, least=8):
    """`total` mutants, by unit in proportion to its places, by the seed; at most one on a line.

    A place is drawn first and then one of its candidates, so that a literal with two neighbours is not
    twice as likely as an operator with one. Ranks are hashes of text and seed: an edit elsewhere in
    the tree leaves the order of the others as it was.
    """
    places = {}
    for candidate in found:
        places.setdefault(candidate.site, []).append(candidate)
    by_unit = {}
    for options in places.values():
        options.sort(key=lambda c: rank(seed, c.key))
        by_unit.setdefault(options[0].unit, []).append(options)
    sizes = {unit: len(by_unit.get(unit, ())) for unit in UNITS if unit in by_unit}
    chosen = []
    for unit, count in shares(sizes, total, least).items():
        lines, taken = set(), 0
        for options in sorted(by_unit[unit], key=lambda o: rank(seed, "place|" + o[0].key)):
            mutant = options[0]
            if taken == count:
                break
            if (mutant.file, mutant.line) in lines:
                continue
            lines.add((mutant.file, mutant.line))
            chosen.append(mutant)
            taken += 1
    return sorted(chosen, key=lambda c: (UNITS.index(c.unit), c.file, c.start, c.end, c.text))


def plain(data, candidate):
    """The file with one mutant in it."""
    start, end = candidate.start, candidate.end
    text = ";" if candidate.form == "statement" else "" if candidate.form == "else" else f"({candidate.text})"
    return data[:start] + text.encode() + data[end:]


def declaration(index):
    """What a mutated module or package declares first; `index` tells a bench's list of files apart."""
    return ('\n  import "DPI-C" function int tinium_mutant(input int file);\n'
            f"  int tn_mutant = tinium_mutant({index});\n")


def schemata(data, numbered, index):
    """The file with all `numbered` [(number, candidate)] mutants behind their numbers."""
    places = {}
    for number, candidate in numbered:
        places.setdefault((candidate.start, candidate.end, candidate.form), []).append((number, candidate))
    # Outermost first; at one place a statement's form encloses an expression's.
    order = sorted(places, key=lambda p: (p[0], -p[1], p[2] == "expression"))

    def render(start, end, inside):
        text, position = b"", start
        while inside:
            first, last, form = head = inside[0]
            nested = [p for p in inside[1:] if p[0] < last]
            if any(p[1] > last for p in nested):
                raise ValueError(f"mutants overlap at bytes {first}..{last}")
            inside = [p for p in inside[1:] if p[0] >= last]
            text += data[position:first]
            text += wrap(places[head], form, render(first, last, nested))
            position = last
        return text + data[position:end]

    def wrap(mutants, form, original):
        if form == "statement":
            tests = " && ".join(f"tn_mutant != {number}" for number, _ in mutants)
            return b"begin if (%s) %s end" % (tests.encode(), original)
        if form == "else":
            tests = " && ".join(f"tn_mutant != {number}" for number, _ in mutants)
            rest = original[len(b"else"):]
            return b"else begin if (%s) begin %s end end" % (tests.encode(), rest.lstrip())
        for number, candidate in mutants:
            original = b"((tn_mutant == %d) ? (%s) : (%s))" % (number, candidate.text.encode(), original)
        return original

    tree = parse(data.decode())
    headers = [n.header.sourceRange.end.offset for n in walk(tree.root)
               if n.kind in (Kind.ModuleDeclaration, Kind.PackageDeclaration)]
    if len(headers) != 1:
        raise ValueError("a file must hold one module or package")
    text = render(0, len(data), order)
    # The header lies before every mutant.
    return text[:headers[0]] + declaration(index).encode() + text[headers[0]:]


def difference(data, candidate):
    """One line "- before / + after" pair of the report."""
    changed = plain(data, candidate).decode()
    first = data.rfind(b"\n", 0, candidate.start) + 1
    last = data.find(b"\n", candidate.end)
    before = data[first:last].decode()
    after = changed[len(data[:first].decode()):len(changed) - len(data[last:].decode())]
    return (re.sub(r"\s+", " ", before).strip(), re.sub(r"\s+", " ", after).strip())
