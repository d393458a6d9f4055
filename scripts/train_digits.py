#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the 64-128-10 network of `tinium demo digits` and writes data/digits/weights.bin.

The images are split 80/20 by a seeded permutation; the held-out 20 % never takes part in training.
Training runs in float64 with NumPy alone: stochastic gradient descent with momentum, cosine learning
rate, softmax cross entropy. Only at the end are the weights rounded to BF16, to nearest even.
data/digits/README.md describes the file. The same seed gives the same file wherever NumPy's matrix
product rounds alike; another processor may differ in the last bit of a few weights.
"""

import argparse
import gzip
import pathlib
import struct
import sys
import zlib

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "data" / "digits"

MAGIC = b"TNMLPDIG"
VERSION = 1
INPUTS, HIDDEN, OUTPUTS = 64, 128, 10
HELD_OUT = 0.2
PIXEL_SCALE = 1.0 / 16.0

EPOCHS = 100
BATCH = 32
LEARNING_RATE = 0.05
MOMENTUM = 0.9
WEIGHT_DECAY = 1e-4


def load_images(path):
    """Returns pixels scaled to 0..1 [N, 64] and labels [N]."""
    with gzip.open(path, "rt", encoding="ascii") as file:
        table = np.loadtxt(file, delimiter=",")
    return table[:, :INPUTS] * PIXEL_SCALE, table[:, INPUTS].astype(np.int64)


def split(count, seed):
    """Returns the indices to train on and, in ascending order, the held-out ones."""
    order = np.random.default_rng(seed).permutation(count)
    held_out = int(np.ceil(count * HELD_OUT))
    return order[held_out:], np.sort(order[:held_out])


def to_bf16_bits(values):
    """FP32 values to BF16 bit patterns, round to nearest even. The values are finite."""
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def softmax(logits):
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def train(images, labels, seed, epochs):
    """Returns the parameters [w1, b1, w2, b2] in float64."""
    rng = np.random.default_rng([seed, 1])
    parameters = [
        rng.normal(0.0, np.sqrt(2.0 / INPUTS), (INPUTS, HIDDEN)),
        np.zeros(HIDDEN),
        rng.normal(0.0, np.sqrt(1.0 / HIDDEN), (HIDDEN, OUTPUTS)),
        np.zeros(OUTPUTS),
    ]
    velocity = [np.zeros_like(p) for p in parameters]
    targets = np.eye(OUTPUTS)[labels]
    for epoch in range(epochs):
        rate = LEARNING_RATE * 0.5 * (1.0 + np.cos(np.pi * epoch / epochs))
        order = rng.permutation(len(images))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            w1, b1, w2, b2 = parameters
            x = images[rows]
            hidden = np.maximum(x @ w1 + b1, 0.0)
            delta = (softmax(hidden @ w2 + b2) - targets[rows]) / len(rows)
            back = (delta @ w2.T) * (hidden > 0.0)
            gradients = [
                x.T @ back + WEIGHT_DECAY * w1,
                back.sum(axis=0),
                hidden.T @ delta + WEIGHT_DECAY * w2,
                delta.sum(axis=0),
            ]
            for p, v, g in zip(parameters, velocity, gradients):
                v *= MOMENTUM
                v -= rate * g
                p += v
        if (epoch + 1) % 10 == 0:
            hidden = np.maximum(images @ parameters[0] + parameters[1], 0.0)
            right = (hidden @ parameters[2] + parameters[3]).argmax(axis=1) == labels
            print(f"epoch {epoch + 1:3d}/{epochs}: {100 * right.mean():.2f} % of training images")
    return parameters


def pack(parameters, seed, held_out):
    """The bytes of weights.bin."""
    w1, b1, w2, b2 = parameters
    body = struct.pack(
        "<8s6I", MAGIC, VERSION, INPUTS, HIDDEN, OUTPUTS, seed, len(held_out)
    )
    body += to_bf16_bits(w1).astype("<u2").tobytes()
    body += b1.astype("<f4").tobytes()
    body += to_bf16_bits(w2).astype("<u2").tobytes()
    body += b2.astype("<f4").tobytes()
    body += held_out.astype("<u4").tobytes()
    return body + struct.pack("<I", zlib.crc32(body))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="split and initial weights (default 1)")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--output", type=pathlib.Path, default=DATA / "weights.bin")
    arguments = parser.parse_args()
    if not 0 <= arguments.seed < 2**32:
        parser.error(f"--seed {arguments.seed}: must be 0 to 4294967295")
    if arguments.epochs < 1:
        parser.error(f"--epochs {arguments.epochs}: must be at least 1")

    images, labels = load_images(DATA / "digits.csv.gz")
    training, held_out = split(len(images), arguments.seed)
    parameters = train(images[training], labels[training], arguments.seed, arguments.epochs)
    arguments.output.write_bytes(pack(parameters, arguments.seed, held_out))
    print(f"wrote {arguments.output}; now: scripts/digits_reference.py --write")
    return 0


if __name__ == "__main__":
    sys.exit(main())
