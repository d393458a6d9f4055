// SPDX-License-Identifier: Apache-2.0
//
// Matrices in host memory.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tinium/dtype.hpp"

namespace tinium {

/// A dense row-major matrix of one element format, owned. Copyable; thread-safe as a vector is.
class Tensor {
 public:
  Tensor() = default;
  /// All elements zero. Throws Error(invalid_argument) for a dimension of 0 or above 1,048,576.
  Tensor(DType dtype, std::size_t rows, std::size_t cols);
  /// Rounds `values` (row-major, rows * cols of them) to `dtype`, once, to nearest even. To int8
  /// and int32: values must be whole numbers in range. Throws Error(invalid_argument) otherwise.
  static Tensor from_floats(DType dtype, std::size_t rows, std::size_t cols,
                            std::span<const float> values);

  DType dtype() const { return dtype_; }
  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  std::span<const std::byte> bytes() const { return data_; }
  std::span<std::byte> bytes() { return data_; }

  /// Element as its right-aligned bits.
  std::uint32_t bits(std::size_t row, std::size_t col) const;
  void set_bits(std::size_t row, std::size_t col, std::uint32_t value);
  /// Element as a number; int32 beyond 24 bits is rounded.
  float value(std::size_t row, std::size_t col) const;

  Tensor transposed() const;

  friend bool operator==(const Tensor&, const Tensor&) = default;

 private:
  DType dtype_ = DType::fp32;
  std::size_t rows_ = 0;
  std::size_t cols_ = 0;
  std::vector<std::byte> data_;
};

/// Largest dimension of a matrix.
inline constexpr std::size_t kMaxDimension = 1u << 20;

}  // namespace tinium
