// SPDX-License-Identifier: Apache-2.0

#include "tinium/context.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <future>
#include <string>
#include <utility>

#include "executor.hpp"
#include "memory.hpp"
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

Context::Context(std::unique_ptr<Device> device) {
  if (device == nullptr) {
    throw Error(ErrorCode::invalid_argument, "Context", "a context has a device", "device=null");
  }
  // std::function copies what it holds, so the device travels in a shared pointer.
  auto box = std::make_shared<std::unique_ptr<Device>>(std::move(device));
  executor_ = std::make_shared<detail::Executor>([box] { return std::move(*box); });
}

Context::Context(std::string_view url)
    : executor_(
          std::make_shared<detail::Executor>([url = std::string(url)] { return open(url); })) {}

Context::~Context() { executor_->finish(); }

Device& Context::device() { return executor_->proxy(); }

const Capabilities& Context::capabilities() const { return executor_->capabilities(); }

void Context::scrub_freed_memory(bool on) { executor_->scrub_freed = on; }

void Context::scrub() {
  const Program program = load(detail::build_scrub(capabilities()));
  run(program, std::vector<LaunchSlot>{}, {LaunchRequest::kDefaultWatchdog, "scrub", {}});
}

DeviceTensor Context::allocate(DType dtype, std::uint64_t rows, std::uint64_t cols) {
  MatrixView view{{}, rows, cols, dtype, 0};
  check_view("tensor", view);
  const auto memory = detail::DeviceMemory::allocate(executor_, view.bytes());
  view.address = memory->address();
  view.memory = memory;
  return DeviceTensor(std::move(view));
}

DeviceTensor Context::upload(const Tensor& tensor) {
  DeviceTensor result = allocate(tensor.dtype(), tensor.rows(), tensor.cols());
  write(result, tensor);
  return result;
}

void Context::write(const MatrixView& target, const Tensor& tensor) {
  detail::Copy copy(target, tensor);
  executor_->call([&](Device& device) { copy.to_device(device, tensor, ~0ull); });
}

Tensor Context::download(const MatrixView& view) {
  Tensor tensor(view.dtype, view.rows, view.cols);
  detail::Copy copy(view, tensor);
  executor_->call([&](Device& device) { copy.from_device(device, tensor, ~0ull); });
  return tensor;
}

Context::Program Context::load(const ProgramImage& image) {
  detail::check_partitions(capabilities(), image, "Context::load");
  const auto memory = detail::DeviceMemory::allocate(executor_, image.bytes().size());
  executor_->call([&](Device& device) { device.write(memory->address(), image.bytes()); });
  Program program;
  program.address_ = memory->address();
  program.bytes_ = static_cast<std::uint32_t>(image.bytes().size());
  program.memory_ = memory;
  return program;
}

Completion Context::run(const LaunchRequest& request, std::string_view operation) {
  using detail::Operation;
  std::promise<Completion> promise;
  auto future = promise.get_future();
  Operation launch;
  launch.kind = Operation::Kind::launch;
  launch.name = operation;
  launch.request = request;
  launch.timeout = timeout_;
  launch.completed = [&promise](const Completion& done) { promise.set_value(done); };
  launch.failed = [&promise](const Error& error) {
    promise.set_exception(std::make_exception_ptr(error));
  };
  const auto lane = executor_->add_lane();
  struct Remove {  // also when the progress callback throws: the promise must outlive the launch
    detail::Executor& executor;
    const std::shared_ptr<detail::Lane>& lane;
    ~Remove() { executor.remove_lane(lane); }
  } remove{*executor_, lane};
  executor_->enqueue(lane, std::move(launch));
  if (progress_) {
    while (future.wait_for(std::chrono::milliseconds(200)) != std::future_status::ready) {
      progress_(executor_->cycles());
    }
  }
  return future.get();
}

Completion Context::run(const Program& program, std::vector<TensorSlot> slots,
                        std::uint64_t watchdog_cycles, std::string_view operation) {
  LaunchRequest request;
  request.image = program.address();
  request.image_bytes = program.bytes();
  request.slots = std::move(slots);
  request.watchdog_cycles = watchdog_cycles;
  return run(request, operation);
}

Completion Context::run(const Program& program, const std::vector<LaunchSlot>& slots,
                        const LaunchOptions& options) {
  LaunchRequest request = detail::make_request(slots, options);
  request.image = program.address();
  request.image_bytes = program.bytes();
  return run(request, options.operation);
}

TensorSlot slot_of(const MatrixView& view, bool readable, bool writable) {
  return {view.address, view.bytes(), readable, writable};
}

std::vector<LaunchSlot> gemm_slots(const MatrixView& d, const MatrixView& left,
                                   const MatrixView& right, const MatrixView* bias,
                                   const GemmOptions& options) {
  std::vector<LaunchSlot> slots{input(left), input(right), output(d)};
  if (bias != nullptr) slots.push_back(input(*bias));
  if (options.beta != 0 && options.c) {
    if (bias == nullptr) slots.push_back(input(left));  // not used
    slots.push_back(input(*options.c));
  }
  return slots;
}

GemmProgram Context::plan_gemm(const MatrixView& d, const MatrixView& left, const MatrixView& right,
                               const MatrixView* bias, const GemmOptions& options) const {
  check_view("d", d);
  check_view("left", left);
  check_view("right", right);
  const bool left_major = options.left_order == OperandOrder::k_major;
  const bool right_major = options.right_order == OperandOrder::k_major;
  const std::string shapes =
      describe("d", d) + " " + describe("left", left) + " " + describe("right", right);
  const std::uint64_t k = left_major ? left.rows : left.cols;
  check_equal("both operands have the same K", k, right_major ? right.rows : right.cols, shapes);
  check_equal("the result has M rows, as the left operand", d.rows,
              left_major ? left.cols : left.rows, shapes);
  check_equal("the result has N columns, as the right operand", d.cols,
              right_major ? right.cols : right.rows, shapes);
  if (d.dtype != options.output) {
    throw Error(ErrorCode::invalid_argument, "gemm", "the result has the format of the options",
                describe("d", d) + " output=" + std::string(name(options.output)));
  }
  check_apart(d, "left", left);
  check_apart(d, "right", right);
  if (bias != nullptr) {
    check_view("bias", *bias);
    const bool rows = options.bias_axis == BiasAxis::rows;
    const bool side_by_side = bias->rows == 1 || (bias->cols == 1 && bias->row_pitch() == 4);
    if (bias->dtype != DType::fp32 || bias->rows * bias->cols != (rows ? d.rows : d.cols) ||
        !side_by_side) {
      throw Error(ErrorCode::invalid_argument, "gemm",
                  std::string("a bias is fp32, one element for each ") + (rows ? "row" : "column") +
                      " of the result, side by side",
                  describe("bias", *bias));
    }
    check_apart(d, "bias", *bias);
  }

  GemmShape shape;
  if (options.beta != 0) {
    if (!options.c) {
      throw Error(ErrorCode::invalid_argument, "gemm", "beta needs C",
                  "beta=" + std::to_string(options.beta));
    }
    const MatrixView& c = *options.c;
    check_view("c", c);
    check_equal("C has as many rows as the result", c.rows, d.rows,
                describe("c", c) + " " + describe("d", d));
    check_equal("C has as many columns as the result", c.cols, d.cols,
                describe("c", c) + " " + describe("d", d));
    // In place is fine: a tile of C is read before the same tile of d is written.
    const bool in_place =
        c.address.value == d.address.value && c.dtype == d.dtype && c.row_pitch() == d.row_pitch();
    if (!in_place) check_apart(d, "c", c);
    shape.addend = c.dtype;
    shape.addend_pitch = c.row_pitch();
  }
  shape.m = d.rows;
  shape.n = d.cols;
  shape.k = k;
  shape.left = left.dtype;
  shape.right = right.dtype;
  shape.output = d.dtype;
  shape.bias = bias != nullptr;
  shape.bias_axis = options.bias_axis;
  shape.relu = options.relu;
  shape.left_order = options.left_order;
  shape.right_order = options.right_order;
  shape.left_pitch = left.row_pitch();
  shape.right_pitch = right.row_pitch();
  shape.output_pitch = d.row_pitch();
  shape.resident = options.resident;
  shape.alpha = options.alpha;
  shape.beta = options.beta;
  return build_gemm(capabilities(), shape);
}

GemmReport Context::gemm(const MatrixView& d, const MatrixView& left, const MatrixView& right,
                         const MatrixView* bias, const GemmOptions& options) {
  const GemmProgram built = plan_gemm(d, left, right, bias, options);
  const Program program = load(built.image);
  std::vector<TensorSlot> slots;
  for (const LaunchSlot& slot : gemm_slots(d, left, right, bias, options)) {
    slots.push_back(slot_of(slot.view, slot.readable, slot.writable));
  }

  GemmReport report;
  report.ideal_cycles = built.ideal_cycles;
  const auto begin = std::chrono::steady_clock::now();
  report.completion = run(program, std::move(slots), detail::gemm_watchdog(built), "gemm");
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
  if (a.cols() != b.rows()) {
    throw Error(ErrorCode::invalid_argument, "gemm",
                "the left operand has as many columns as the right one has rows",
                "a.cols=" + std::to_string(a.cols()) + " b.rows=" + std::to_string(b.rows()));
  }
  GemmOptions used = options;
  used.left_order = OperandOrder::k_minor;
  used.right_order = OperandOrder::k_major;
  used.bias_axis = axis;
  used.beta = 0;
  const DeviceTensor left = upload(a);
  const DeviceTensor right = upload(b);
  const DeviceTensor d = allocate(options.output, a.rows(), b.cols());
  std::optional<DeviceTensor> bias_tensor;
  if (bias != nullptr) bias_tensor.emplace(upload(*bias));
  const GemmReport done = gemm(d, left, right, bias_tensor ? &bias_tensor->view() : nullptr, used);
  if (report != nullptr) *report = done;
  return download(d);
}

}  // namespace tinium
