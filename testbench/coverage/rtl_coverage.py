# SPDX-License-Identifier: Apache-2.0
"""What the models reached, merged: lines, branches and toggles of rtl/, hits of functional points.

Rules of merging, also told on the page:
* A module counts once, however often it is instantiated and with whatever parameters: what any instance
  of any variant in any bench reached is reached. Indices of generate loops are instances too.
* The points of a module are those of all variants together: a bit that only the wide variant has must
  toggle in the wide variant.
* A line is reached when any statement on it was executed; a branch when its condition was so once.
* A bit has toggled when it was seen to rise and to fall after the reset, sampled once a cycle.
"""

import re
import xml.etree.ElementTree
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

MEASURED = re.compile(r"rtl/(?!checkers/|generated/|lint/)[a-z_]+/(?:[a-z_]+/)?tn_[a-z0-9_]+\.sv$")


def unit_of(file):
    """The part of the design that a file belongs to: its folder below rtl/."""
    return file.split("/")[1]


@dataclass
class Bits:
    """Edges of one signal, a bit of an integer each; bit 0 is the signal's lowest."""

    width: int = 0
    lsb: int = 0
    rise: int = 0
    fall: int = 0
    line: int = 0
    excluded: int = 0

    @property
    def all(self):
        return (1 << self.width) - 1

    @property
    def covered(self):
        return self.rise & self.fall

    def missing(self):
        """Numbers of the bits that count and did not toggle both ways."""
        left = self.all & ~self.excluded & ~self.covered
        return [i + self.lsb for i in range(self.width) if left >> i & 1]


@dataclass
class File:
    """One source of rtl/; a module per file."""

    path: str
    lines: dict = field(default_factory=lambda: defaultdict(int))  # line -> executions
    branches: dict = field(default_factory=lambda: defaultdict(int))  # (line, column, kind) -> executions
    signals: dict = field(default_factory=dict)  # name -> Bits
    excluded_lines: dict = field(default_factory=dict)  # line -> reason
    excluded_branches: dict = field(default_factory=dict)  # (line, column, kind) -> reason

    def line_counts(self):
        counted = [n for line, n in self.lines.items() if line not in self.excluded_lines]
        return sum(n > 0 for n in counted), len(counted)

    def branch_counts(self):
        counted = [n for key, n in self.branches.items()
                   if key not in self.excluded_branches and key[0] not in self.excluded_lines]
        return sum(n > 0 for n in counted), len(counted)

    def toggle_counts(self):
        hit = total = 0
        for bits in self.signals.values():
            wanted = bits.all & ~bits.excluded
            hit += (wanted & bits.covered).bit_count()
            total += wanted.bit_count()
        return hit, total


class Hierarchy:
    """Modules, instances and declarations of one Verilated model, from Verilator's XML."""

    def __init__(self, path, root):
        tree = xml.etree.ElementTree.parse(path).getroot()
        files = {}
        for entry in tree.find("files"):
            name = Path(entry.get("filename"))
            if name.is_absolute():
                try:
                    name = name.relative_to(root)
                except ValueError:
                    pass
            files[entry.get("id")] = str(name)
        self.top = ""
        self.file = {}  # module (with parameters) -> file
        self.children = {}  # module -> {instance: module}
        self.declared = {}  # module -> {signal: line}
        for module in tree.find("netlist").findall("module"):
            name = module.get("name")
            if module.get("topModule") == "1":
                self.top = name
                self.top_orig = module.get("origName")
            self.file[name] = files[module.get("loc").split(",")[0]]
            self.children[name] = {}
            self.declared[name] = {}
            for node in module.iter():
                if node.tag == "instance":
                    self.children[name][node.get("origName")] = node.get("defName")
                elif node.tag == "var":
                    line = int(node.get("loc").split(",")[1])
                    self.declared[name].setdefault(node.get("origName"), line)

    def find(self, words):
        """(file, signal, line) of a traced name, or None if it is not a signal of a module."""
        # words: model, top module, scopes..., name
        if len(words) < 3 or words[1] != self.top_orig:
            return None
        module = self.top
        rest = words[2:]
        prefix = []
        while len(rest) > 1:
            scope = rest[0]
            name = re.sub(r"\[\d+\]$", "", scope)
            if scope in self.children[module] or name in self.children[module]:
                module = self.children[module].get(scope) or self.children[module][name]
                prefix = []
            elif name in self.declared[module] and not name.startswith("gen_"):
                break  # a struct: its members are the signal
            elif not name.startswith("unnamedblk"):
                prefix.append(name)
            else:
                return None  # variables of loops
            rest = rest[1:]
        base = re.sub(r"\[.*", "", rest[0])
        if base.startswith("__V"):
            return None
        return self.file[module], ".".join(prefix + rest), self.declared[module].get(base, 0)


class Design:
    """Everything that was reached."""

    def __init__(self, root):
        self.root = Path(root)
        self.files = {}
        self.points = defaultdict(int)  # name of a functional point -> hits
        self.problems = []
        self._names = {}

    def file(self, path):
        if path not in self.files:
            self.files[path] = File(path)
        return self.files[path]

    def _relative(self, path):
        prefix = str(self.root) + "/"
        return path[len(prefix):] if path.startswith(prefix) else path

    def add_lines(self, path, point_lines):
        """Reads a .line file. `point_lines`: (file, line) -> name of the functional point there."""
        with open(path, encoding="utf-8") as file:
            for text in file:
                end = text.rfind("' ")
                count = int(text[end + 2:])
                entry = dict(part.split("\x02", 1) for part in text[3:end].split("\x01") if part)
                source = self._relative(entry["f"])
                line = int(entry["l"])
                page = entry["page"].split("/")[0]
                if page == "v_user":
                    name = point_lines.get((Path(source).name, line))
                    if name:
                        self.points[name] += count
                    continue
                if not MEASURED.fullmatch(source):
                    continue
                into = self.file(source)
                for first, last in spans(entry.get("S", "")):
                    for covered in range(first, last + 1):
                        into.lines[covered] += count
                if entry["o"] != "block":
                    into.branches[(line, int(entry["n"]), entry["o"])] += count

    def add_toggles(self, path, hierarchy_of):
        """Reads a .toggle file. `hierarchy_of(model class)` gives the Hierarchy."""
        hierarchy = None
        names = {}
        with open(path, encoding="latin-1") as file:  # Verilator marks kinds of scopes above ASCII
            for text in file:
                if text.startswith("model "):
                    hierarchy = hierarchy_of(text.split()[1])
                    names = self._names.setdefault(id(hierarchy), {})
                    continue
                if hierarchy is None:
                    continue
                name, width, lsb, rise, fall = re.sub(r"[\x80-\x8f]", "", text).rstrip("\n").split("\t")
                if name not in names:
                    found = hierarchy.find(name.split())
                    names[name] = found if found and MEASURED.fullmatch(found[0]) else None
                found = names[name]
                if found is None:
                    continue
                source, signal, line = found
                signals = self.file(source).signals
                bits = signals.get(signal)
                if bits is None:
                    bits = signals[signal] = Bits(line=line, lsb=int(lsb))
                width = int(width)
                bits.width = max(bits.width, width)
                mask = (1 << width) - 1
                bits.rise |= int(rise, 16) & mask
                bits.fall |= int(fall, 16) & mask

    def exclude(self, table):
        """Applies exclusions.yaml; what matches nothing, or excludes nothing that is missing, is a problem."""
        for number, entry in enumerate(table.get("toggle") or []):
            pattern = re.compile(entry["signals"])
            matched = needed = False
            for file in self.files.values():
                module = Path(file.path).stem
                if "file" in entry and entry["file"] != file.path:
                    continue
                for name, bits in file.signals.items():
                    if not pattern.fullmatch(f"{module}.{name}"):
                        continue
                    mask = bits.all
                    if "bits" in entry:
                        high, low = (int(x) for x in str(entry["bits"]).split(":"))
                        mask &= ((1 << (high - bits.lsb + 1)) - 1) & ~((1 << max(0, low - bits.lsb)) - 1)
                    if "value" in entry and entry["value"] == "untouched":
                        mask &= ~(bits.rise | bits.fall)
                    matched = matched or mask != 0
                    needed = needed or (mask & ~bits.covered) != 0
                    bits.excluded |= mask
            self._judge(f"toggle exclusion {entry['signals']}", matched, needed, entry)
        for entry in table.get("line") or []:
            pattern = re.compile(entry["text"])
            matched = needed = False
            for file in self.files.values():
                if not re.fullmatch(entry["file"], file.path):
                    continue
                source = (self.root / file.path).read_text(encoding="utf-8").splitlines()
                kinds = entry.get("branch")
                for key, count in file.branches.items():
                    if kinds and key[2] in kinds and pattern.search(source[key[0] - 1]):
                        matched, needed = True, needed or count == 0
                        file.excluded_branches[key] = entry["reason"]
                if not kinds:
                    for line, count in file.lines.items():
                        if pattern.search(source[line - 1]):
                            matched, needed = True, needed or count == 0
                            file.excluded_lines[line] = entry["reason"]
            self._judge(f"line exclusion {entry['file']} \"{entry['text']}\"", matched, needed, entry)

    def _judge(self, what, matched, needed, entry):
        if not entry.get("reason"):
            self.problems.append(f"{what}: no reason")
        if not matched:
            self.problems.append(f"{what}: matches nothing")
        elif not needed:
            self.problems.append(f"{what}: everything it names was reached; take it out")

    def totals(self, files=None):
        """{measure: (reached, of)} over these files (all)."""
        files = list(self.files.values()) if files is None else files
        result = {}
        for name, function in (("line", File.line_counts), ("branch", File.branch_counts),
                               ("toggle", File.toggle_counts)):
            counts = [function(file) for file in files]
            result[name] = (sum(c[0] for c in counts), sum(c[1] for c in counts))
        return result

    def units(self):
        """{unit: [File]} in order of name."""
        units = defaultdict(list)
        for path in sorted(self.files):
            units[unit_of(path)].append(self.files[path])
        return dict(sorted(units.items()))


def spans(text):
    """(first, last) of "92-95,97"."""
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        yield int(first), int(last or first)


def ranges(numbers):
    """"7:4,0" of [0, 4, 5, 6, 7]: the highest first, as bits are written."""
    result = []
    for number in sorted(numbers, reverse=True):
        if result and result[-1][1] == number + 1:
            result[-1][1] = number
        else:
            result.append([number, number])
    return ",".join(f"{a}:{b}" if a != b else str(a) for a, b in result)
