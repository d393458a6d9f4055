# SPDX-License-Identifier: Apache-2.0
"""The figures as a page of the documentation and as HTML: per unit, per module, each source with its counts."""

import html
from pathlib import Path

import host_coverage
from rtl_coverage import ranges

MEASURES = ("line", "branch", "toggle")


def percent(reached, of):
    """One digit, rounded down: 100.0 means all of it."""
    if of == 0:
        return "-"
    return f"{reached * 1000 // of / 10:.1f}"


def size_of(hits):
    """Hits as a power of ten: exact counts would change with every test."""
    if hits == 0:
        return "0"
    if hits < 10:
        return "1+"
    power = len(str(hits)) - 1
    return ("10+", "100+", "1,000+", "10,000+", "100,000+", "1,000,000+")[min(power, 6) - 1]


def table(rows):
    width = len(rows[0])
    lines = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" + "---:|" * (width - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows[1:]])


def families(points):
    """{first word of the name: [(name, hits or None)]}; None: omitted."""
    result = {}
    for name, hits in points:
        result.setdefault(name.split(".")[0], []).append((name, hits))
    return result


def page(design, points, omitted, host, excluded, exclusions, floors, how):
    """docs/verification/coverage.md. No date and no exact counts: the same tests write the same page."""
    out = ["# Coverage", "",
           "Written by `scripts/coverage --update`; `scripts/coverage` measures and holds the floors of "
           "`testbench/coverage/floors.yaml`.", ""]
    totals = design.totals()
    hit = sum(hits > 0 for _, hits in points)
    host_total = [sum(c[i] for c in (host_coverage.counts(lines, excluded.get(path, ())) for path, lines in host.items()))
                  for i in (0, 1)]
    rows = [["", "reached %", "of", "floor %"]]
    for measure in MEASURES:
        rows.append([f"rtl/, {measure}", percent(*totals[measure]), f"{totals[measure][1]:,}",
                     str(floors["rtl"]["total"].get(measure, "-"))])
    rows.append(["rtl/, functional points", percent(hit, len(points)), str(len(points)),
                 str(floors["rtl"]["total"].get("functional", "-"))])
    rows.append(["driver/ and host/, line", percent(*host_total), f"{host_total[1]:,}",
                 str(floors["host"]["total"].get("line", "-"))])
    out += [table(rows), "", "## RTL by unit", ""]
    rows = [["unit", "line %", "branch %", "toggle %", "bits"]]
    for unit, files in design.units().items():
        counts = design.totals(files)
        rows.append([f"`rtl/{unit}`"] + [percent(*counts[m]) for m in MEASURES] + [f"{counts['toggle'][1]:,}"])
    out += [table(rows), "", "## RTL by module", ""]
    rows = [["module", "line %", "branch %", "toggle %", "bits"]]
    for path in sorted(design.files):
        counts = design.totals([design.files[path]])
        rows.append([f"`{path[4:]}`"] + [percent(*counts[m]) for m in MEASURES] + [f"{counts['toggle'][1]:,}"])
    out += [table(rows), "", "## C++", ""]
    parts = {}
    for path, lines in host.items():
        reached, of = host_coverage.counts(lines, excluded.get(path, ()))
        part = parts.setdefault(host_coverage.part_of(path), [0, 0])
        part[0] += reached
        part[1] += of
    rows = [["part", "line %", "lines"]]
    rows += [[f"`{part}`", percent(*parts[part]), f"{parts[part][1]:,}"] for part in sorted(parts)]
    out += [table(rows), "", how.strip(), "", "## Functional points", "",
            "Hits, as powers of ten, over all benches.", ""]
    for family, members in families(points).items():
        out += [f"### {family}", ""]
        out.append(", ".join(f"`{name[len(family) + 1:]}` {size_of(hits)}" for name, hits in members))
        out.append("")
    out += ["### What cannot happen", ""]
    reasons = {}
    for point in omitted:
        reasons.setdefault(point.omitted, []).append(point.name)
    out += [f"* {', '.join(f'`{name}`' for name in names)}: {reason}" for reason, names in reasons.items()]
    out += ["", "## Exclusions", ""]
    for kind, entries in exclusions.items():
        for entry in entries or []:
            what = entry.get("signals") or f"{entry['file']}: {entry['text']}"
            bits = f" bits {entry['bits']}" if "bits" in entry else ""
            side = f" ({'/'.join(entry['branch'])})" if "branch" in entry else ""
            out.append(f"* {kind} `{what}`{bits}{side}: {entry['reason']}")
    return "\n".join(out) + "\n"


STYLE = """
body{font:14px/1.5 system-ui,sans-serif;margin:24px auto;max-width:1200px;color:#222}
table{border-collapse:collapse}td,th{padding:2px 12px;text-align:right;border-bottom:1px solid #eee}
td:first-child,th:first-child{text-align:left}.low{background:#fdd}.mid{background:#ffd}
pre{font:12px/1.45 ui-monospace,monospace;margin:0}.src td{padding:0 8px;border:0;vertical-align:top}
.hit{color:#686}.miss{background:#fcc}.tog{background:#fe9}.excl{background:#ddf}
"""


def html_page(title, body):
    return (f"<!doctype html><meta charset=utf-8><title>{html.escape(title)}</title><style>{STYLE}</style>"
            f"<h1>{html.escape(title)}</h1>{body}")


def cell(counts):
    reached, of = counts
    if of == 0:
        return "<td>-"
    share = reached / of
    kind = " class=low" if share < 0.9 else " class=mid" if share < 0.97 else ""
    return f"<td{kind} title='{reached} of {of}'>{percent(reached, of)}"


def source_name(path):
    return path.replace("/", "_") + ".html"


def write_html(folder, root, design, points, host, excluded):
    """index.html and a page for each source, with what was not reached in colour."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    head = "<tr><th>{}<th>line %<th>branch %<th>toggle %"
    body = ["<table>", head.format("unit")]
    for unit, files in list(design.units().items()) + [("all", None)]:
        counts = design.totals(files)
        body.append(f"<tr><td>{unit}" + "".join(cell(counts[m]) for m in MEASURES))
    body += ["</table><h2>Modules</h2><table>", head.format("module")]
    for path in sorted(design.files):
        counts = design.totals([design.files[path]])
        body.append(f"<tr><td><a href='{source_name(path)}'>{path}</a>" + "".join(cell(counts[m]) for m in MEASURES))
        write_rtl_source(folder, root, design.files[path])
    body.append("</table><h2>C++</h2><table><tr><th>file<th>line %")
    for path in sorted(host):
        body.append(f"<tr><td><a href='{source_name(path)}'>{path}</a>"
                    + cell(host_coverage.counts(host[path], excluded.get(path, ()))))
        write_cpp_source(folder, root, path, host[path], excluded.get(path, ()))
    body.append("</table><h2>Functional points</h2><table><tr><th>point<th>hits")
    for name, hits in points:
        kind = " class=low" if hits == 0 else ""
        body.append(f"<tr><td{kind}>{name}<td{kind}>{hits:,}")
    body.append("</table>")
    (folder / "index.html").write_text(html_page("Tinium coverage", "\n".join(body)), encoding="utf-8")


def write_rtl_source(folder, root, file):
    missing = {}
    for name, bits in file.signals.items():
        if bits.missing():
            missing.setdefault(bits.line, []).append(f"{name}[{ranges(bits.missing())}]")
    sides = {}
    for key, count in file.branches.items():
        if count == 0 and key not in file.excluded_branches and key[0] not in file.excluded_lines:
            sides.setdefault(key[0], []).append(f"never {key[2]}")
    rows = []
    for number, text in enumerate((Path(root) / file.path).read_text(encoding="utf-8").splitlines(), 1):
        count = file.lines.get(number)
        kind = "" if count is None else "hit" if count else "miss"
        note = "; ".join(sides.get(number, []) + missing.get(number, []))
        if number in file.excluded_lines:
            kind, note = "excl", file.excluded_lines[number]
        mark = " class=tog" if note and kind != "excl" else ""
        rows.append(f"<tr><td>{number}<td class='{kind}'>{'' if count is None else count}"
                    f"<td class='{kind if kind != 'hit' else ''}' style='text-align:left'><pre>{html.escape(text)}</pre>"
                    f"<td{mark} style='text-align:left'><pre>{html.escape(note)}</pre>")
    write_source(folder, file.path, rows)


def write_cpp_source(folder, root, path, lines, excluded):
    rows = []
    for number, text in enumerate((Path(root) / path).read_text(encoding="utf-8").splitlines(), 1):
        count = lines.get(number)
        kind = "" if count is None else "excl" if number in excluded else "hit" if count else "miss"
        rows.append(f"<tr><td>{number}<td class='{kind}'>{'' if count is None else count}"
                    f"<td class='{kind if kind != 'hit' else ''}' style='text-align:left'><pre>{html.escape(text)}</pre>")
    write_source(folder, path, rows)


def write_source(folder, path, rows):
    body = "<p><a href=index.html>all</a></p><table class=src>" + "\n".join(rows) + "</table>"
    (folder / source_name(path)).write_text(html_page(path, body), encoding="utf-8")
