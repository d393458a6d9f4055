#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Classifies the held-out digits with NumPy alone, from data/digits/{digits.csv.gz,weights.bin}.

This is the independent judge of `tinium demo digits`: it shares no code with the training script, the
driver or the emulator. Operands are BF16 as on the device; products are accumulated in float64, so the
result is the reference that the device's rounding is measured against.

  scripts/digits_reference.py --write   writes data/digits/reference.json
  scripts/digits_reference.py --check   compares it with a fresh computation; exit status 1 if it differs
"""

import argparse
import csv
import gzip
import json
import pathlib
import sys
import zlib

import numpy as np

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "digits"
HEADER = np.dtype(
    [
        ("magic", "S8"),
        ("version", "<u4"),
        ("inputs", "<u4"),
        ("hidden", "<u4"),
        ("outputs", "<u4"),
        ("seed", "<u4"),
        ("held_out", "<u4"),
    ]
)
# float64 sums of a few hundred products differ by far less between machines; the logits are of order 10.
CHECK_TOLERANCE = 1e-5


def read_weights(path):
    """Returns the header and the arrays of weights.bin, BF16 widened to float64."""
    raw = path.read_bytes()
    if len(raw) < HEADER.itemsize + 4:
        raise ValueError(f"{path}: {len(raw)} bytes are too few for a header")
    header = np.frombuffer(raw, HEADER, count=1)[0]
    if header["magic"] != b"TNMLPDIG":
        raise ValueError(f"{path}: magic is {header['magic']!r}, must be b'TNMLPDIG'")
    if header["version"] != 1:
        raise ValueError(f"{path}: version is {header['version']}, must be 1")
    if zlib.crc32(raw[:-4]) != int.from_bytes(raw[-4:], "little"):
        raise ValueError(f"{path}: CRC-32 does not match the content")
    position = HEADER.itemsize

    def take(dtype, *shape):
        nonlocal position
        count = int(np.prod(shape))
        values = np.frombuffer(raw, dtype, count=count, offset=position).reshape(shape)
        position += values.nbytes
        return values

    def widen(bf16):
        return (bf16.astype(np.uint32) << 16).view(np.float32).astype(np.float64)

    inputs, hidden, outputs = (int(header[k]) for k in ("inputs", "hidden", "outputs"))
    w1 = widen(take("<u2", inputs, hidden))
    b1 = take("<f4", hidden).astype(np.float64)
    w2 = widen(take("<u2", hidden, outputs))
    b2 = take("<f4", outputs).astype(np.float64)
    held_out = take("<u4", int(header["held_out"])).astype(np.int64)
    if position + 4 != len(raw):
        raise ValueError(f"{path}: {len(raw)} bytes, must be {position + 4}")
    return header, w1, b1, w2, b2, held_out


def read_images(path):
    with gzip.open(path, "rt", encoding="ascii", newline="") as file:
        rows = [[int(float(field)) for field in row] for row in csv.reader(file)]
    table = np.array(rows)
    return table[:, :-1], table[:, -1]


def round_to_bf16(values):
    """Rounds float64 to FP32 and then to BF16, both to nearest even, as VectorE's cast does."""
    single = values.astype(np.float32)
    upper = (single.view(np.uint32) & 0xFFFF0000).view(np.float32).astype(np.float64)
    # Distance to the truncated value, in units of the step above it; exact in float64.
    step = np.ldexp(1.0, np.frexp(np.maximum(np.abs(upper), 2.0**-126))[1] - 8)
    rest = (single.astype(np.float64) - upper) / step
    odd = (single.view(np.uint32) >> 16) & 1
    up = (np.abs(rest) > 0.5) | ((np.abs(rest) == 0.5) & (odd == 1))
    return upper + np.where(up, np.sign(rest) * step, 0.0)


def infer(pixels, w1, b1, w2, b2):
    """Logits [N, 10]: BF16 operands, float64 sums, hidden activations rounded to BF16."""
    hidden = np.maximum((pixels / 16.0) @ w1 + b1, 0.0)
    return round_to_bf16(hidden) @ w2 + b2


def compute():
    header, w1, b1, w2, b2, held_out = read_weights(DATA / "weights.bin")
    pixels, labels = read_images(DATA / "digits.csv.gz")
    logits = infer(pixels[held_out], w1, b1, w2, b2)
    predictions = logits.argmax(axis=1)
    return {
        "description": "NumPy inference on the held-out digits; see README.md",
        "seed": int(header["seed"]),
        "images": len(labels),
        "held_out": len(held_out),
        "correct": int((predictions == labels[held_out]).sum()),
        "accuracy": round(float((predictions == labels[held_out]).mean()), 6),
        "indices": held_out.tolist(),
        "labels": labels[held_out].tolist(),
        "predictions": predictions.tolist(),
        "logits": [[float(f"{value:.7f}") for value in row] for row in logits],
    }


def differences(stored, fresh):
    """Lists in words what differs between two results."""
    found = [
        f"{key}: stored {stored.get(key)}, computed {fresh[key]}"
        for key in fresh
        if key != "logits" and stored.get(key) != fresh[key]
    ]
    old, new = np.array(stored.get("logits", [])), np.array(fresh["logits"])
    if old.shape != new.shape:
        found.append(f"logits: stored shape {old.shape}, computed {new.shape}")
    elif not np.all(np.abs(old - new) <= CHECK_TOLERANCE):
        found.append(f"logits: differ by up to {np.abs(old - new).max():g}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", action="store_true", help="write reference.json")
    mode.add_argument("--check", action="store_true", help="compare reference.json with a fresh run")
    arguments = parser.parse_args()
    target = DATA / "reference.json"
    try:
        fresh = compute()
    except (OSError, ValueError) as error:
        print(f"digits_reference: {error}", file=sys.stderr)
        return 2
    print(f"{fresh['correct']} of {fresh['held_out']} held-out digits right: {100 * fresh['accuracy']:.2f} %")
    if arguments.write:
        lines = [f'  "{k}": {json.dumps(v)}' for k, v in fresh.items() if k != "logits"]
        rows = ",\n".join("    " + json.dumps(row) for row in fresh["logits"])
        lines.append(f'  "logits": [\n{rows}\n  ]')
        target.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="ascii")
        print(f"wrote {target}")
        return 0
    found = differences(json.loads(target.read_text(encoding="ascii")), fresh)
    if fresh["accuracy"] < 0.95:
        found.append(f"accuracy: {fresh['accuracy']}, must be at least 0.95")
    for line in found:
        print(f"differs: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
