// SPDX-License-Identifier: Apache-2.0

#include "tinium/context.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <utility>

#include "tinium/error.hpp"

namespace tinium {
namespace {

std::string describe(std::string_view key, const MatrixView& view) {
  std::array<char, 20> address{};
  std::snprintf(address.data(), address.size(), "0x%llx",
                static_cast<unsigned long long>(view.address.value));
  return std::string(key) + "=" + std::string(name(view.dtype)) + "[" + std::to_string(view.rows) +
         ", " + std::to_string(view.cols) + "]@" + address.data();
}

void check_view(std::string_view key, const MatrixView& view) {
  if (view.rows == 0 || view.cols == 0 || view.rows > kMaxDimension || view.cols > kMaxDimension) {
    throw Error(ErrorCode::invalid_argument, "gemm",
                "a dimension is 1 to " + std::to_string(kMaxDimension), describe(key, view));
  }
  const std::uint64_t size = size_of(view.dtype);
  if (view.address.value % size != 0) {
    throw Error(ErrorCode::invalid_argument, "gemm",
                "a matrix is aligned to its elements of " + std::to_string(size) + " bytes",
                describe(key, view));
  }
  if (view.pitch != 0 && (view.pitch < view.row_bytes() || view.pitch % size != 0)) {
    throw Error(ErrorCode::invalid_argument, "gemm",
                "a row pitch is a multiple of the element size and at least a row of " +
                    std::to_string(view.row_bytes()) + " bytes",
                describe(key, view) + " pitch=" + std::to_string(view.pitch));
  }
}

void check_apart(const MatrixView& d, std::string_view key, const MatrixView& view) {
  if (d.address.value < view.address.value + view.bytes() &&
      view.address.value < d.address.value + d.bytes()) {
    throw Error(ErrorCode::invalid_argument, "gemm", "the result does not overlap an operand",
                describe("d", d) + " " + describe(key, view));
  }
}

void check_equal(std::string_view rule, std::uint64_t left, std::uint64_t right,
                 const std::string& detail) {
  if (left != right) throw Error(ErrorCode::invalid_argument, "gemm", std::string(rule), detail);
}

}  // namespace

MatrixView MatrixView::block(std::uint64_t row, std::uint64_t col, std::uint64_t row_count,
                             std::uint64_t col_count) const {
  if (row > rows || row_count > rows - row || col > cols || col_count > cols - col) {
    throw Error(
        ErrorCode::out_of_range, "MatrixView::block",
        "a block lies within its matrix of " + std::to_string(rows) + " x " + std::to_string(cols),
        "rows " + std::to_string(row) + "+" + std::to_string(row_count) + " cols " +
            std::to_string(col) + "+" + std::to_string(col_count));
  }
  return {address + (row * row_pitch() + col * size_of(dtype)), row_count, col_count, dtype,
          row_pitch()};
}

DeviceTensor& DeviceTensor::operator=(DeviceTensor&& other) noexcept {
  std::swap(device_, other.device_);
  std::swap(view_, other.view_);
  return *this;
}

DeviceTensor::~DeviceTensor() {
  if (device_ == nullptr) return;
  try {
    device_->free(view_.address);
  } catch (const Error&) {
    // A launch still uses it: a destructor cannot report that, and leaking is the safe choice.
  }
}

Context::Program::~Program() {
  if (device_ == nullptr) return;
  try {
    device_->free(address_);
  } catch (const Error&) {
    // As above.
  }
}

Context::Context(std::unique_ptr<Device> device) : device_(std::move(device)) {}

DeviceTensor Context::allocate(DType dtype, std::uint64_t rows, std::uint64_t cols) {
  MatrixView view{{}, rows, cols, dtype, 0};
  check_view("tensor", view);
  view.address = device_->allocate(view.bytes());
  DeviceTensor tensor;
  tensor.device_ = device_.get();
  tensor.view_ = view;
  return tensor;
}

DeviceTensor Context::upload(const Tensor& tensor) {
  DeviceTensor result = allocate(tensor.dtype(), tensor.rows(), tensor.cols());
  device_->write(result.view().address, tensor.bytes());
  return result;
}

void Context::write(const MatrixView& target, const Tensor& tensor) {
  if (target.rows != tensor.rows() || target.cols != tensor.cols() ||
      target.dtype != tensor.dtype()) {
    throw Error(ErrorCode::invalid_argument, "Context::write", "shapes and formats are the same",
                describe("target", target) + " source=" + std::string(name(tensor.dtype())) + "[" +
                    std::to_string(tensor.rows()) + ", " + std::to_string(tensor.cols()) + "]");
  }
  if (target.row_pitch() == target.row_bytes()) {
    device_->write(target.address, tensor.bytes());
    return;
  }
  for (std::uint64_t row = 0; row < target.rows; ++row) {
    device_->write(target.address + row * target.row_pitch(),
                   tensor.bytes().subspan(row * target.row_bytes(), target.row_bytes()));
  }
}

Tensor Context::download(const MatrixView& view) {
  Tensor tensor(view.dtype, view.rows, view.cols);
  if (view.row_pitch() == view.row_bytes()) {
    device_->read(view.address, tensor.bytes());
    return tensor;
  }
  for (std::uint64_t row = 0; row < view.rows; ++row) {
    device_->read(view.address + row * view.row_pitch(),
                  tensor.bytes().subspan(row * view.row_bytes(), view.row_bytes()));
  }
  return tensor;
}

Context::Program Context::load(const ProgramImage& image) {
  if (image.partitions() != capabilities().partitions) {
    throw Error(ErrorCode::version_mismatch, "Context::load",
                "a program is built for the core's " + std::to_string(capabilities().partitions) +
                    " partitions",
                "image partitions=" + std::to_string(image.partitions()));
  }
  const DeviceAddress address = device_->allocate(image.bytes().size());
  device_->write(address, image.bytes());
  return {device_.get(), address, static_cast<std::uint32_t>(image.bytes().size())};
}

std::optional<Completion> Context::wait_with_progress(LaunchId id) {
  Simulation* simulation = device_->simulation();
  if (!progress_ || simulation == nullptr) return device_->wait(id, timeout_);
  constexpr std::chrono::milliseconds kSlice{200};
  auto left = timeout_;
  for (;;) {
    const auto begin = std::chrono::steady_clock::now();
    const auto slice = std::min(left, kSlice);
    if (auto completion = device_->wait(id, slice)) return completion;
    // Back before its time: the device has reached a limit of its own.
    const auto waited = std::chrono::steady_clock::now() - begin;
    if (left <= kSlice || waited < slice) return std::nullopt;
    left -= slice;
    progress_(simulation->cycles());
  }
}

Completion Context::run(const Program& program, std::vector<TensorSlot> slots,
                        std::uint64_t watchdog_cycles, std::string_view operation) {
  LaunchRequest request;
  request.image = program.address();
  request.image_bytes = program.bytes();
  request.slots = std::move(slots);
  request.watchdog_cycles = watchdog_cycles;
  const LaunchId id = device_->submit(request);
  const auto completion = wait_with_progress(id);
  if (!completion) {
    device_->reset();
    throw Error(ErrorCode::timeout, std::string(operation),
                "a launch ends within the time allowed; the device was reset",
                "timeout_ms=" + std::to_string(timeout_.count()));
  }
  throw_if_failed(*completion, operation);
  return *completion;
}

TensorSlot slot_of(const MatrixView& view, bool readable, bool writable) {
  return {view.address, view.bytes(), readable, writable};
}

GemmReport Context::gemm(const MatrixView& d, const MatrixView& stationary,
                         const MatrixView& moving, const MatrixView* bias,
                         const GemmOptions& options) {
  check_view("d", d);
  check_view("stationary", stationary);
  check_view("moving", moving);
  const std::string shapes = describe("d", d) + " " + describe("stationary", stationary) + " " +
                             describe("moving", moving);
  check_equal("both operands have K rows", stationary.rows, moving.rows, shapes);
  check_equal("the result has as many rows as the stationary operand has columns", d.rows,
              stationary.cols, shapes);
  check_equal("the result has as many columns as the moving operand", d.cols, moving.cols, shapes);
  if (d.dtype != options.output) {
    throw Error(ErrorCode::invalid_argument, "gemm", "the result has the format of the options",
                describe("d", d) + " output=" + std::string(name(options.output)));
  }
  check_apart(d, "stationary", stationary);
  check_apart(d, "moving", moving);
  if (bias != nullptr) {
    check_view("bias", *bias);
    if (bias->dtype != DType::fp32 || bias->rows != d.rows || bias->cols != 1 ||
        bias->row_pitch() != 4) {
      throw Error(ErrorCode::invalid_argument, "gemm",
                  "a bias is fp32 [M, 1] with its elements side by side", describe("bias", *bias));
    }
    check_apart(d, "bias", *bias);
  }

  GemmShape shape;
  shape.m = d.rows;
  shape.n = d.cols;
  shape.k = moving.rows;
  shape.stationary = stationary.dtype;
  shape.moving = moving.dtype;
  shape.output = d.dtype;
  shape.bias = bias != nullptr;
  shape.relu = options.relu;
  shape.stationary_pitch = stationary.row_pitch();
  shape.moving_pitch = moving.row_pitch();
  shape.output_pitch = d.row_pitch();
  shape.resident = options.resident;
  const GemmProgram built = build_gemm(capabilities(), shape);
  const Program program = load(built.image);
  std::vector<TensorSlot> slots{slot_of(stationary, true, false), slot_of(moving, true, false),
                                slot_of(d, false, true)};
  if (bias != nullptr) slots.push_back(slot_of(*bias, true, false));

  GemmReport report;
  report.ideal_cycles = built.ideal_cycles;
  const auto begin = std::chrono::steady_clock::now();
  // Generous: a slow memory must not look like a hang.
  report.completion =
      run(program, std::move(slots), built.estimate_cycles * 32 + 4'000'000, "gemm");
  report.host_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const LaunchCounters& c = report.completion.counters;
  const std::uint64_t cycles = options.resident ? c.last_sbuf_write - c.first_issue : c.cycles;
  if (cycles != 0) {
    report.utilisation = static_cast<double>(built.ideal_cycles) / static_cast<double>(cycles);
  }
  return report;
}

Tensor Context::gemm(const Tensor& a, const Tensor& b, const GemmOptions& options,
                     const Tensor* bias, BiasAxis axis, GemmReport* report) {
  const bool swapped = bias != nullptr && axis == BiasAxis::columns;
  if (a.cols() != b.rows()) {
    throw Error(ErrorCode::invalid_argument, "gemm",
                "the left operand has as many columns as the right one has rows",
                "a.cols=" + std::to_string(a.cols()) + " b.rows=" + std::to_string(b.rows()));
  }
  const DeviceTensor stationary = upload(swapped ? b : a.transposed());
  const DeviceTensor moving = upload(swapped ? a.transposed() : b);
  const DeviceTensor d = allocate(options.output, stationary.view().cols, moving.view().cols);
  std::optional<DeviceTensor> bias_tensor;
  if (bias != nullptr) {
    if (bias->rows() * bias->cols() != stationary.view().cols) {
      throw Error(ErrorCode::invalid_argument, "gemm",
                  "a bias has one element per " + std::string(swapped ? "column" : "row") +
                      " of the result",
                  "elements=" + std::to_string(bias->rows() * bias->cols()) +
                      " result=" + std::to_string(stationary.view().cols));
    }
    bias_tensor.emplace(upload(*bias));
  }
  MatrixView bias_view;
  if (bias_tensor) {
    bias_view = bias_tensor->view();
    bias_view.rows = stationary.view().cols;
    bias_view.cols = 1;
  }
  const GemmReport done = gemm(d, stationary, moving, bias_tensor ? &bias_view : nullptr, options);
  if (report != nullptr) *report = done;
  Tensor result = download(d);
  return swapped ? result.transposed() : result;
}

}  // namespace tinium
