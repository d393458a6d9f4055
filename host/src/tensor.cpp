// SPDX-License-Identifier: Apache-2.0

#include "tinium/tensor.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "tinium/error.hpp"

namespace tinium {

Tensor::Tensor(DType dtype, std::size_t rows, std::size_t cols)
    : dtype_(dtype), rows_(rows), cols_(cols) {
  if (rows == 0 || cols == 0 || rows > kMaxDimension || cols > kMaxDimension) {
    throw Error(ErrorCode::invalid_argument, "Tensor", "a dimension is 1 to 1048576",
                "rows=" + std::to_string(rows) + " cols=" + std::to_string(cols));
  }
  data_.resize(rows * cols * size_of(dtype));
}

Tensor Tensor::from_floats(DType dtype, std::size_t rows, std::size_t cols,
                           std::span<const float> values) {
  Tensor tensor(dtype, rows, cols);
  if (values.size() != rows * cols) {
    throw Error(ErrorCode::invalid_argument, "Tensor::from_floats",
                "there are rows * cols = " + std::to_string(rows * cols) + " values",
                "values=" + std::to_string(values.size()));
  }
  const double limit = dtype == DType::int8 ? 128 : 2147483648.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint32_t bits = 0;
    if (is_integer(dtype)) {
      const auto value = static_cast<double>(values[i]);
      if (value != std::floor(value) || value < -limit || value >= limit) {
        throw Error(ErrorCode::invalid_argument, "Tensor::from_floats",
                    "integer elements are whole numbers in range of " + std::string(name(dtype)),
                    "value=" + std::to_string(values[i]) + " index=" + std::to_string(i));
      }
      bits = static_cast<std::uint32_t>(static_cast<std::int32_t>(value));
    } else {
      bits = encode(dtype, values[i]);
    }
    tensor.set_bits(i / cols, i % cols, bits);
  }
  return tensor;
}

std::uint32_t Tensor::bits(std::size_t row, std::size_t col) const {
  std::uint32_t value = 0;
  const std::size_t size = size_of(dtype_);
  std::memcpy(&value, data_.data() + (row * cols_ + col) * size, size);
  return value;
}

void Tensor::set_bits(std::size_t row, std::size_t col, std::uint32_t value) {
  const std::size_t size = size_of(dtype_);
  std::memcpy(data_.data() + (row * cols_ + col) * size, &value, size);
}

float Tensor::value(std::size_t row, std::size_t col) const {
  const std::uint32_t raw = bits(row, col);
  switch (dtype_) {
    case DType::int8:
      return static_cast<float>(static_cast<std::int8_t>(raw));
    case DType::int32:
      return static_cast<float>(static_cast<std::int32_t>(raw));
    default:
      return decode_to_float(dtype_, raw);
  }
}

Tensor Tensor::transposed() const {
  Tensor result(dtype_, cols_, rows_);
  const std::size_t size = size_of(dtype_);
  const auto copy = [&](auto element) {
    using T = decltype(element);
    const auto* from = reinterpret_cast<const T*>(data_.data());
    auto* to = reinterpret_cast<T*>(result.data_.data());
    constexpr std::size_t kBlock = 32;  // keeps both sides in the cache
    for (std::size_t r0 = 0; r0 < rows_; r0 += kBlock) {
      for (std::size_t c0 = 0; c0 < cols_; c0 += kBlock) {
        for (std::size_t r = r0; r < std::min(rows_, r0 + kBlock); ++r) {
          for (std::size_t c = c0; c < std::min(cols_, c0 + kBlock); ++c) {
            to[c * rows_ + r] = from[r * cols_ + c];
          }
        }
      }
    }
  };
  if (size == 1) copy(std::uint8_t{});
  if (size == 2) copy(std::uint16_t{});
  if (size == 4) copy(std::uint32_t{});
  return result;
}

}  // namespace tinium
