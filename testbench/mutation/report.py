# SPDX-License-Identifier: Apache-2.0
"""Writes docs/verification/mutation.md, and the tables of the terminal, from the results of a campaign."""

import mutator

BEGIN, END = "<!-- results: written by scripts/mutation -->", "<!-- end of results -->"


def read_notes(path):
    """{"file | class | line as it is": what is known} from lines "<file> | <class> | <line> => <note>"."""
    notes = {}
    for line in path.read_text().splitlines() if path.is_file() else []:
        if line.strip() and not line.startswith("#"):
            place, _, note = line.partition(" => ")
            notes[place.strip()] = note.strip()
    return notes


def level(bench):
    """The kind of bench that killed a mutant."""
    if bench.startswith("system_"):
        return "system"
    if bench in ("launch_test", "doorbell_test"):
        return "kernel"
    if bench.startswith(("dma_", "vector_engine", "tensor_engine")):
        return "block"
    return "unit"


LEVELS = ("unit", "block", "kernel", "system")


def cell(text):
    return "`" + text.replace("|", "\\|") + "`" if text else "(nothing)"


def per_unit(mutants, results, proofs, places):
    """Rows [unit, places, mutants, killed by level..., equivalent, survivors]; the last is the sum."""
    rows = []
    for unit in mutator.UNITS:
        numbers = [n for n in results if mutants[n].unit == unit]
        if not numbers:
            continue
        killed = [sum(results[n] is not None and level(results[n]["bench"]) == name for n in numbers)
                  for name in LEVELS]
        alive = [n for n in numbers if results[n] is None]
        proved = sum(n in proofs and proofs[n]["proved"] for n in alive)
        rows.append([unit, places.get(unit, 0), len(numbers), *killed, proved, len(alive) - proved])
    rows.append(["all", *(sum(row[i] for row in rows) for i in range(1, 9))])
    return rows


def score(row):
    """Killed, in percent of those not proved equivalent."""
    open_count = row[2] - row[7]
    return 100.0 * (open_count - row[8]) / open_count if open_count else 100.0


def unit_table(rows):
    lines = ["| unit | places | mutants | killed by unit bench | by block bench | by kernel bench | by system test | "
             "proved equivalent | survivors | killed, % |", "|---|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        lines.append("| " + " | ".join(str(value) for value in row) + f" | {score(row):.1f} |")
    return lines


def class_table(mutants, results, proofs):
    lines = ["| class | what changes | mutants | killed | proved equivalent | survivors |", "|---|---|---|---|---|---|"]
    for kind, meaning in mutator.CLASSES.items():
        numbers = [n for n in results if mutants[n].kind == kind]
        alive = [n for n in numbers if results[n] is None]
        proved = sum(n in proofs and proofs[n]["proved"] for n in alive)
        lines.append(f"| {kind} | {meaning} | {len(numbers)} | {len(numbers) - len(alive)} | {proved} | "
                     f"{len(alive) - proved} |")
    return lines


def change(root, mutant):
    before, after = mutator.difference((root / mutant.file).read_bytes(), mutant)
    short = [text if len(text) <= 110 else text[:107] + "..." for text in (before, after)]
    return f"{cell(short[0])} | {cell(short[1])}"


def page_tables(root, mutants, results, proofs, places, seed, notes):
    rows = per_unit(mutants, results, proofs, places)
    lines = [f"Seed {seed}, {len(results)} mutants, "
             f"**{score(rows[-1]):.1f} % killed** of those not proved equivalent "
             f"({rows[-1][8]} survivors, {rows[-1][7]} proved equivalent).", "", *unit_table(rows), ""]
    alive = [n for n in results if results[n] is None]
    survivors = [n for n in alive if not (n in proofs and proofs[n]["proved"])]
    lines += ["### Survivors", ""]
    if survivors:
        lines += ["| mutant | place | class | as it is | mutated | what is known |", "|---|---|---|---|---|---|"]
        for n in survivors:
            m = mutants[n]
            before, _ = mutator.difference((root / m.file).read_bytes(), m)
            known = notes.get(f"{m.file} | {m.kind} | {before}") or proofs.get(n, {}).get("text", "")
            lines.append(f"| {n} | {m.file}:{m.line} | {m.kind} | {change(root, m)} | {known} |")
    else:
        lines.append("None.")
    lines += ["", "### Proved equivalent", ""]
    proved = [n for n in alive if n not in survivors]
    if proved:
        lines += ["| mutant | place | class | as it is | mutated | proof |", "|---|---|---|---|---|---|"]
        for n in proved:
            m = mutants[n]
            lines.append(f"| {n} | {m.file}:{m.line} | {m.kind} | {change(root, m)} | {proofs[n]['text']} |")
    else:
        lines.append("None.")
    lines += ["", "### By class", "", *class_table(mutants, results, proofs)]
    lines += ["", "### Every mutant", "", "| mutant | place | class | as it is | mutated | killed by |",
              "|---|---|---|---|---|---|"]
    for n in results:
        m, killer = mutants[n], results[n]
        how = "(proved equivalent)" if killer is None and n in proofs and proofs[n]["proved"] else "(survives)"
        if killer is not None:
            how = f"{killer['bench']}: {killer['detail'] or killer['verdict']}"
            if killer["verdict"] in ("crashed", "stalled") and killer["detail"]:
                how += f" ({killer['verdict']})"
        lines.append(f"| {n} | {m.file}:{m.line} | {m.kind} | {change(root, m)} | {how} |")
    return lines


def write_page(page, lines):
    text = page.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after)
