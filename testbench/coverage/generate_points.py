#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes of points.yaml a module for each module of the design, bound to it in a coverage build.

  generate_points.py FOLDER     writes FOLDER/<module>_points.sv, one `cover property` a line
  generate_points.py --list     names of the points, one a line

A file is written only when it changes, so that a model is not made again for nothing.
"""

import itertools
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

TABLE = Path(__file__).with_name("points.yaml")


@dataclass
class Point:
    name: str
    module: str
    when: str
    is_local: bool  # `when` is about the signals of the bound module
    omitted: str = ""  # why it cannot happen


class TableError(Exception):
    """A rule of points.yaml is broken; the text says which and where."""


def fill(text, choice):
    return re.sub(r"<(\w+)>", lambda match: choice.get(match.group(1), match.group(0)), text)


def expand(entry, module):
    """The points of one entry: one for each combination of the axes in `for`."""
    is_local = "then" in entry
    expression = str(entry["then"] if is_local else entry["when"])
    axes = []
    for axis, values in (entry.get("for") or {}).items():
        if isinstance(values, list):
            values = {value: value for value in values}
        axes.append([(axis, str(name), str(value)) for name, value in values.items()])
    omits = entry.get("omit") or []
    used = [False] * len(omits)
    for combination in itertools.product(*axes):
        name = fill(entry["name"], {axis: name for axis, name, _ in combination})
        when = fill(expression, {axis: value for axis, _, value in combination})
        reason = ""
        for number, omit in enumerate(omits):
            if re.fullmatch(omit["match"], name):
                used[number] = True
                reason = omit["reason"]
        yield Point(name, module, " ".join(when.split()), is_local, reason)
    for number, omit in enumerate(omits):
        if not used[number]:
            raise TableError(f"{entry['name']}: omit \"{omit['match']}\" matches nothing")


def load(path=TABLE):
    """[(entry of the table, [Point])]; names are unique."""
    groups = []
    names = set()
    for group in yaml.safe_load(Path(path).read_text(encoding="utf-8")):
        points = [point for entry in group["points"] for point in expand(entry, group["module"])]
        for point in points:
            if point.name in names:
                raise TableError(f"two points are named {point.name}")
            names.add(point.name)
        groups.append((group, points))
    return groups


def text_of(group, points):
    """SystemVerilog of one group, and the line of each of its points."""
    module = group["module"]
    counted = [point for point in points if not point.omitted]
    signals = group.get("signals") or {}
    lines = [
        "// SPDX-License-Identifier: Apache-2.0",
        "// Written by testbench/coverage/generate_points.py; a point a line.",
        f"module {module}_points (",
        "  input logic clk_i,",
        "  input logic rst_ni,",
    ]
    for name, (width, _) in signals.items():
        lines.append(f"  input logic [{width - 1}:0] {name},")
    outside = [point for point in counted if not point.is_local]
    lines += [f"  input logic [{len(outside) - 1}:0] hit_i", ");"]
    lines += (group.get("state") or "").rstrip("\n").split("\n")
    places = {}
    number = 0
    for point in counted:
        hit = point.when if point.is_local else f"hit_i[{number}]"
        number += not point.is_local
        lines.append(f"  cover property (@(posedge clk_i) rst_ni && ({hit}));")
        places[point.name] = len(lines)
    lines += ["endmodule", ""]
    reset = "rst_no" if module == "tn_dma_control" else "rst_ni"
    lines += [f"bind {module} {module}_points u_{module}_points (", "  .clk_i(clk_i),", f"  .rst_ni({reset}),"]
    lines += [f"  .{name}({expression})," for name, (_, expression) in signals.items()]
    lines.append("  .hit_i({")
    lines += [f"    1'({point.when})," for point in reversed(outside)]
    lines[-1] = lines[-1][:-1]
    lines += ["  })", ");", ""]
    return "\n".join(lines), places


def point_lines(groups):
    """{(name of the file, line): name of the point}."""
    result = {}
    for group, points in groups:
        for name, line in text_of(group, points)[1].items():
            result[(f"{group['module']}_points.sv", line)] = name
    return result


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        groups = load()
    except TableError as error:
        sys.exit(f"points.yaml: {error}")
    if sys.argv[1] == "--list":
        for _, points in groups:
            for point in points:
                print(point.name if not point.omitted else f"{point.name}  (omitted: {point.omitted})")
        return
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for group, points in groups:
        path = folder / f"{group['module']}_points.sv"
        text, _ = text_of(group, points)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
