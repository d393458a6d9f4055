// SPDX-License-Identifier: Apache-2.0
// The exact judge: what the numerics contract demands, by exact arithmetic.
//
// Written from docs/reference/numerics.md alone, apart from the golden model: it shares no code and
// no header with it, decodes by itself, works with real numbers (MPFR with so many bits that
// nothing is ever rounded) instead of shifted integers, and leaves the roundings to MPFR. It is
// slow, some microseconds a group. A disagreement with the golden model means that one of the two
// misreads the contract.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tinium::testbench::exact {

/// Format codes of the instruction set, said again so that nothing is shared.
enum Format : std::uint8_t {
  kBf16 = 0,
  kFp16 = 1,
  kTf32 = 2,
  kE4m3 = 3,
  kE5m2 = 4,
  kFp32 = 5,
  kInt8 = 6,
  kInt32 = 7,
};

/// The two windows of the contract. Tests move one by a binade to prove that they would notice.
struct Windows {
  int narrow = 23;
  int wide = 20;
};

/// One output element of MultiplyMoving.
struct ColumnCase {
  Format stationary_format = kBf16;
  Format moving_format = kBf16;
  std::vector<std::uint32_t> stationary;  ///< K elements, right-aligned
  std::vector<std::uint32_t> moving;
  std::uint32_t psum = 0;
  bool overwrite = false;
};

/// PSUM bits after the instruction.
std::uint32_t judge_column(const ColumnCase& column, const Windows& windows = {});

/// FP32 bits to a floating-point format, rounded by MPFR.
std::uint32_t judge_narrowing(Format format, std::uint32_t fp32_bits);

/// A floating-point format to FP32 bits.
std::uint32_t judge_widening(Format format, std::uint32_t bits);

/// FP32 operators of VectorE: 0 bypass, 1 add, 2 subtract, 3 mult, 4 max, 5 min.
std::uint32_t judge_vector_op(int op, std::uint32_t x, std::uint32_t s);

/// The mathematical value of a finite element as a double (exact), for error bounds.
double judge_value(Format format, std::uint32_t bits);

}  // namespace tinium::testbench::exact
