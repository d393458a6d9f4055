// SPDX-License-Identifier: Apache-2.0
//
// Products on the emulator: every bit against the golden model applied to whole matrices, values
// against float64 with a bound, and the refusal of what cannot be computed.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>

#include "bench_options.hpp"
#include "random_tensor.hpp"
#include "tinium/context.hpp"

namespace tinium {
namespace {

using testbench::random_tensor;
using testbench::Values;

template <typename Function>
Error error_of(Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorCode::internal, "", "");
}

std::string shape_text(std::size_t m, std::size_t n, std::size_t k) {
  return "m=" + std::to_string(m) + " n=" + std::to_string(n) + " k=" + std::to_string(k) +
         "\nrerun: " + testbench::rerun_line();
}

class GemmOnEmulator : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Configs, GemmOnEmulator,
                         testing::Values("emu:tiny", "emu:small", "emu:ulx3s", "emu:u55c"),
                         [](const auto& instance) {
                           return std::string(instance.param).substr(4);
                         });

TEST_P(GemmOnEmulator, RandomShapesEqualTheGoldenModel) {
  Context context{GetParam()};
  auto rng = testbench::make_rng();
  constexpr std::size_t kEdges[] = {1,  2,   15,  16,  17,  31,  32,  33,
                                    64, 127, 128, 129, 200, 257, 511, 513};
  const auto size = [&] { return kEdges[rng() % std::size(kEdges)]; };
  for (std::uint64_t i = 0; i < testbench::case_count(24); ++i) {
    const std::size_t m = size();
    const std::size_t n = size();
    const std::size_t k = size();
    const Values values = static_cast<Values>(rng() % 3);
    const Tensor a = random_tensor(rng, DType::bf16, m, k, values);
    const Tensor b = random_tensor(rng, DType::bf16, k, n, values);
    GemmOptions options;
    options.output = rng() % 2 == 0 ? DType::bf16 : DType::fp32;
    options.relu = rng() % 2 == 0;
    const Tensor at = a.transposed();
    SCOPED_TRACE(shape_text(m, n, k));
    switch (rng() % 3) {
      case 0:
        ASSERT_EQ(context.gemm(a, b, options),
                  golden_gemm(at, b, nullptr, options.relu, options.output));
        break;
      case 1: {
        const Tensor bias = random_tensor(rng, DType::fp32, m, 1, Values::normal);
        ASSERT_EQ(context.gemm(a, b, options, &bias),
                  golden_gemm(at, b, &bias, options.relu, options.output));
        break;
      }
      default: {
        const Tensor bias = random_tensor(rng, DType::fp32, n, 1, Values::normal);
        ASSERT_EQ(context.gemm(a, b, options, &bias, BiasAxis::columns),
                  golden_gemm(b, at, &bias, options.relu, options.output).transposed());
      }
    }
  }
}

TEST_P(GemmOnEmulator, ManyTilesWithThrashingBias) {
  // More rows of tiles than bias slots, so that the bias is loaded again for every tile.
  Context context{GetParam()};
  auto rng = testbench::make_rng();
  const std::size_t p = context.capabilities().partitions;
  const std::size_t m = p * 18 + 3;
  const std::size_t n = 515;
  const Tensor a = random_tensor(rng, DType::bf16, m, 20, Values::normal);
  const Tensor b = random_tensor(rng, DType::bf16, 20, n, Values::normal);
  const Tensor bias = random_tensor(rng, DType::fp32, m, 1, Values::normal);
  const GemmOptions options{DType::fp32, true, false};
  EXPECT_EQ(context.gemm(a, b, options, &bias),
            golden_gemm(a.transposed(), b, &bias, true, DType::fp32));
}

TEST_P(GemmOnEmulator, ResidentGivesTheSameBits) {
  Context context{GetParam()};
  auto rng = testbench::make_rng();
  const Tensor a = random_tensor(rng, DType::bf16, 96, 80, Values::wide);
  const Tensor b = random_tensor(rng, DType::bf16, 80, 130, Values::wide);
  GemmOptions options{DType::bf16, false, false};
  const Tensor streamed = context.gemm(a, b, options);
  options.resident = true;
  EXPECT_EQ(context.gemm(a, b, options), streamed);
}

TEST_P(GemmOnEmulator, EveryPairOfFormats) {
  Context context{GetParam()};
  auto rng = testbench::make_rng();
  for (std::size_t s = 0; s < kDTypeCount; ++s) {
    for (std::size_t v = 0; v < kDTypeCount; ++v) {
      const auto left = static_cast<DType>(s);
      const auto right = static_cast<DType>(v);
      const Tensor a = random_tensor(rng, left, 70, 50, Values::normal);
      const Tensor b = random_tensor(rng, right, 50, 40, Values::normal);
      SCOPED_TRACE(std::string(name(left)) + " x " + std::string(name(right)));
      const GemmOptions options{left == DType::int8 ? DType::int32 : DType::fp32, false, false};
      if (!is_legal_pair(left, right)) {
        EXPECT_EQ(error_of([&] { context.gemm(a, b, options); }).code(), ErrorCode::unsupported);
        continue;
      }
      ASSERT_EQ(context.gemm(a, b, options),
                golden_gemm(a.transposed(), b, nullptr, false, options.output));
    }
  }
}

/// A product of host matrices by a shape: [K, M] and [K, N], stored as the shape says.
/// @param vectors  if not null: what entered the array
Tensor run(Context& context, GemmShape shape, const Tensor& left, const Tensor& right,
           const GemmEpilogue& epilogue = {}, std::uint64_t* vectors = nullptr) {
  shape.m = left.cols();
  shape.n = right.cols();
  shape.k = left.rows();
  shape.left = left.dtype();
  shape.right = right.dtype();
  shape.bias = epilogue.bias != nullptr;
  shape.bias_axis = epilogue.axis;
  shape.relu = epilogue.relu;
  shape.alpha = epilogue.alpha;
  shape.beta = epilogue.beta;
  const auto a =
      context.upload(shape.left_order == OperandOrder::k_major ? left : left.transposed());
  const auto b =
      context.upload(shape.right_order == OperandOrder::k_major ? right : right.transposed());
  const auto d = context.allocate(shape.output, shape.m, shape.n);
  std::vector<TensorSlot> slots{slot_of(a, true, false), slot_of(b, true, false),
                                slot_of(d, false, true)};
  std::optional<DeviceTensor> bias;
  std::optional<DeviceTensor> addend;
  if (shape.beta != 0) {
    shape.addend = epilogue.addend->dtype();
    addend = context.upload(*epilogue.addend);
    if (!shape.bias) slots.push_back(slot_of(a, true, false));  // not used
  }
  if (shape.bias) {
    bias = context.upload(*epilogue.bias);
    slots.push_back(slot_of(*bias, true, false));
  }
  if (addend) slots.push_back(slot_of(*addend, true, false));
  const Completion done =
      context.run(context.load(build_gemm(context.capabilities(), shape).image), slots);
  if (vectors != nullptr) *vectors = done.counters.tensor_vectors;
  return context.download(d);
}

/// Vectors of a product whose left operand is stationary.
std::uint64_t vectors_of(const Capabilities& core, std::size_t m, std::size_t n, std::size_t k,
                         std::uint64_t passes) {
  const auto blocks = [](std::uint64_t size, std::uint64_t of) { return (size + of - 1) / of; };
  return blocks(m, core.array_cols) * n * blocks(k, core.array_rows) * passes;
}

TEST_P(GemmOnEmulator, RolesLayoutsAndTilesNeverChangeABit) {
  Context context{GetParam()};
  auto rng = testbench::make_rng();
  constexpr std::size_t kEdges[] = {1, 2, 3, 7, 16, 17, 33, 64, 65, 127, 129, 150};
  const auto size = [&] { return kEdges[rng() % std::size(kEdges)]; };
  constexpr std::pair<DType, DType> kPairs[] = {
      {DType::bf16, DType::bf16}, {DType::bf16, DType::fp16},     {DType::fp32, DType::fp32},
      {DType::tf32, DType::fp32}, {DType::fp8_e4m3, DType::bf16}, {DType::int8, DType::int8}};
  for (std::uint64_t i = 0; i < testbench::case_count(18); ++i) {
    const auto [left_type, right_type] = kPairs[i % std::size(kPairs)];
    const std::size_t m = size();
    const std::size_t n = size();
    const std::size_t k = rng() % 3 == 0 ? size() + 130 : size();
    const Values values = left_type == DType::bf16 ? Values::wide : Values::normal;
    const Tensor left = random_tensor(rng, left_type, k, m, values);
    const Tensor right = random_tensor(rng, right_type, k, n, values);
    GemmShape shape;
    shape.output = psum_dtype(left_type);
    const Tensor golden = golden_gemm(left, right, shape.output, {});
    for (const auto stationary : {StationaryOperand::left, StationaryOperand::right}) {
      for (const auto left_order : {OperandOrder::k_major, OperandOrder::k_minor}) {
        shape.stationary = stationary;
        shape.left_order = left_order;
        shape.right_order = rng() % 2 == 0 ? OperandOrder::k_major : OperandOrder::k_minor;
        SCOPED_TRACE(std::string(name(left_type)) + " x " + std::string(name(right_type)) +
                     (stationary == StationaryOperand::right ? " swapped" : "") +
                     (left_order == OperandOrder::k_minor ? " left k_minor" : "") +
                     (shape.right_order == OperandOrder::k_minor ? " right k_minor " : " ") +
                     shape_text(m, n, k));
        ASSERT_EQ(run(context, shape, left, right), golden);
      }
    }
  }
}

TEST_P(GemmOnEmulator, Epilogues) {
  Context context{GetParam()};
  auto rng = testbench::make_rng();
  constexpr std::size_t kEdges[] = {1, 5, 16, 31, 33, 64, 130, 300, 530};
  for (std::uint64_t i = 0; i < testbench::case_count(32); ++i) {
    const std::size_t m = kEdges[rng() % std::size(kEdges)];
    const std::size_t n = kEdges[rng() % std::size(kEdges)];
    const std::size_t k = 1 + rng() % 70;
    const Tensor left = random_tensor(rng, DType::bf16, k, m, Values::normal);
    const Tensor right = random_tensor(rng, DType::bf16, k, n, Values::normal);
    GemmShape shape;
    constexpr DType kOutputs[] = {DType::bf16, DType::fp32, DType::fp16, DType::fp8_e5m2};
    shape.output = kOutputs[rng() % std::size(kOutputs)];
    GemmEpilogue epilogue;
    const bool columns = rng() % 2 == 0;
    const Tensor bias = random_tensor(rng, DType::fp32, 1, columns ? n : m, Values::normal);
    constexpr DType kAddends[] = {DType::fp32, DType::bf16, DType::fp8_e4m3};
    const Tensor addend =
        random_tensor(rng, kAddends[rng() % std::size(kAddends)], m, n, Values::normal);
    if ((i & 1u) != 0) epilogue.bias = &bias;
    if ((i & 2u) != 0) epilogue.alpha = 0.75f;
    if ((i & 4u) != 0) {
      epilogue.addend = &addend;
      epilogue.beta = (i & 8u) != 0 ? 1.0f : -1.5f;
    }
    epilogue.axis = columns ? BiasAxis::columns : BiasAxis::rows;
    epilogue.relu = rng() % 2 == 0;
    if (epilogue.beta == 0 && rng() % 2 == 0) shape.stationary = StationaryOperand::right;
    SCOPED_TRACE(shape_text(m, n, k) + " case " + std::to_string(i));
    ASSERT_EQ(run(context, shape, left, right, epilogue),
              golden_gemm(left, right, shape.output, epilogue));
  }
}

TEST_P(GemmOnEmulator, LeftoverRowsHaveTheirRolesExchanged) {
  // One dimension is a little more than full blocks of columns: its rest moves while the other
  // operand is stationary, and that part of the result leaves column by column.
  Context context{GetParam()};
  const Capabilities& core = context.capabilities();
  auto rng = testbench::make_rng();
  const std::size_t c = core.array_cols;
  const std::size_t p = core.partitions;
  struct Formats {
    DType left, right, output;
    std::uint64_t passes;
  };
  constexpr Formats kFormats[] = {{DType::bf16, DType::bf16, DType::bf16, 1},
                                  {DType::fp16, DType::fp8_e4m3, DType::fp32, 1},
                                  {DType::fp8_e5m2, DType::bf16, DType::fp8_e4m3, 1},
                                  {DType::int8, DType::int8, DType::int32, 1},
                                  {DType::int8, DType::int8, DType::int8, 1},
                                  {DType::tf32, DType::tf32, DType::tf32, 1},
                                  {DType::fp32, DType::tf32, DType::fp32, 6}};
  // Both sides of the tiles of P rows, of a bank, and of the depth of an instruction.
  const std::size_t fulls[] = {c, 2 * c, p, p + c, 2 * p};
  const std::size_t others[] = {2 * c, 2 * c + 3, p + 5, 515};
  const std::size_t depths[] = {16, 33, p, p + 17, 2 * p + 40};
  std::uint64_t mixed = 0;
  const std::uint64_t cases = testbench::case_count(21);
  for (std::uint64_t i = 0; i < cases; ++i) {
    const Formats& f = kFormats[i % std::size(kFormats)];
    std::size_t m = fulls[rng() % std::size(fulls)] + 1 + rng() % (c / 4);
    std::size_t n = others[rng() % std::size(others)];
    if (rng() % 2 == 0) std::swap(m, n);
    const std::size_t k = depths[rng() % std::size(depths)];
    const Tensor left = random_tensor(rng, f.left, k, m, Values::normal);
    const Tensor right = random_tensor(rng, f.right, k, n, Values::normal);
    GemmShape shape;
    shape.output = f.output;
    shape.left_order = rng() % 3 == 0 ? OperandOrder::k_minor : OperandOrder::k_major;
    shape.right_order = rng() % 3 == 0 ? OperandOrder::k_minor : OperandOrder::k_major;
    GemmEpilogue epilogue;
    const bool columns = rng() % 2 == 0;
    const Tensor bias = random_tensor(rng, DType::fp32, 1, columns ? n : m, Values::normal);
    if (!is_integer(f.left)) {
      if (rng() % 2 == 0) epilogue.bias = &bias;
      if (rng() % 2 == 0) epilogue.alpha = -1.25f;
      epilogue.relu = rng() % 3 == 0;
    }
    epilogue.axis = columns ? BiasAxis::columns : BiasAxis::rows;
    shape.resident = epilogue.bias == nullptr && m * n < 10'000 && k <= p && rng() % 4 == 0;
    SCOPED_TRACE(shape_text(m, n, k) + " " + std::string(name(f.left)) + " x " +
                 std::string(name(f.right)) + " case " + std::to_string(i) +
                 (epilogue.bias == nullptr ? ""
                  : columns                ? " column bias"
                                           : " row bias") +
                 (shape.resident ? " resident" : ""));
    std::uint64_t vectors = 0;
    ASSERT_EQ(run(context, shape, left, right, epilogue, &vectors),
              golden_gemm(left, right, shape.output, epilogue));
    mixed += vectors <
             std::min(vectors_of(core, m, n, k, f.passes), vectors_of(core, n, m, k, f.passes));
  }
  // On a wide array these products are too short for it.
  EXPECT_GE(mixed, c <= 16 ? 1u : 0u) << "roles are not exchanged: the test has lost its subject";
}

TEST(Gemm, LeftoverRowsFillTheArray) {
  // 65 rows are four blocks of columns and one vector for each tile of the other operand.
  Context context{"emu:small"};
  auto rng = testbench::make_rng();
  const Tensor left = random_tensor(rng, DType::bf16, 64, 65, Values::normal);
  const Tensor right = random_tensor(rng, DType::bf16, 64, 64, Values::normal);
  std::uint64_t vectors = 0;
  EXPECT_EQ(run(context, {}, left, right, {}, &vectors), golden_gemm(left, right, DType::bf16, {}));
  EXPECT_EQ(vectors, 4u * 4 * 64 + 4u * 4 * 1);
}

TEST(Gemm, StaysWithinTheFloat64Bound) {
  Context context{"emu:small"};
  auto rng = testbench::make_rng();
  for (const std::size_t k : {1u, 16u, 100u, 700u}) {
    const Tensor a = random_tensor(rng, DType::bf16, 33, k, Values::normal);
    const Tensor b = random_tensor(rng, DType::bf16, k, 21, Values::normal);
    const Tensor d = context.gemm(a, b, {DType::fp32, false, false});
    const double groups = std::ceil(static_cast<double>(k) / 16);
    for (std::size_t r = 0; r < 33; ++r) {
      for (std::size_t c = 0; c < 21; ++c) {
        double exact = 0;
        double magnitude = 0;
        for (std::size_t i = 0; i < k; ++i) {
          const double product = static_cast<double>(a.value(r, i)) * b.value(i, c);
          exact += product;
          magnitude += std::fabs(product);
        }
        // Products below the window are lost (15 at most, each under 2^-22 of the largest); every
        // group rounds once.
        const double bound =
            magnitude * (15 * std::ldexp(1, -22) + (groups + 1) * std::ldexp(1, -24));
        ASSERT_LE(std::fabs(d.value(r, c) - exact), bound)
            << "row " << r << " column " << c << " " << shape_text(33, 21, k);
      }
    }
  }
}

TEST(Gemm, WorksOnBlocksOfLargerMatrices) {
  Context context{"emu:small"};
  auto rng = testbench::make_rng();
  const Tensor a = random_tensor(rng, DType::bf16, 100, 90, Values::normal);  // K-major [K, M]
  const Tensor b = random_tensor(rng, DType::bf16, 100, 70, Values::normal);
  const auto da = context.upload(a);
  const auto db = context.upload(b);
  const auto canvas = context.upload(Tensor(DType::fp32, 60, 60));
  const auto target = canvas.view().block(3, 5, 40, 50);
  context.gemm(target, da.view().block(7, 9, 64, 40), db.view().block(7, 11, 64, 50), nullptr,
               {DType::fp32, false, false});
  const Tensor expected =
      golden_gemm(context.download(da.view().block(7, 9, 64, 40)),
                  context.download(db.view().block(7, 11, 64, 50)), nullptr, false, DType::fp32);
  EXPECT_EQ(context.download(target), expected);
  const Tensor around = context.download(canvas);
  for (std::size_t r = 0; r < 60; ++r) {
    for (std::size_t c = 0; c < 60; ++c) {
      if (r < 3 || r >= 43 || c < 5 || c >= 55) {
        ASSERT_EQ(around.bits(r, c), 0u) << r << ", " << c;
      }
    }
  }
}

TEST(Gemm, AddsCInPlaceAndTakesAnyOrder) {
  Context context{"emu:small"};
  auto rng = testbench::make_rng();
  const Tensor a = random_tensor(rng, DType::bf16, 70, 50, Values::normal);  // [M, K]
  const Tensor b = random_tensor(rng, DType::bf16, 40, 50, Values::normal);  // [N, K]
  const Tensor c = random_tensor(rng, DType::fp32, 70, 40, Values::normal);
  const Tensor bias = random_tensor(rng, DType::fp32, 1, 40, Values::normal);
  const auto da = context.upload(a);
  const auto db = context.upload(b);
  const auto dc = context.upload(c);
  const auto dbias = context.upload(bias);
  GemmOptions options;
  options.output = DType::fp32;
  options.left_order = options.right_order = OperandOrder::k_minor;
  options.bias_axis = BiasAxis::columns;
  options.alpha = -2;
  options.beta = 0.5f;
  options.c = dc.view();
  options.relu = true;
  context.gemm(dc, da, db, &dbias.view(), options);
  GemmEpilogue epilogue{&bias, BiasAxis::columns, true, -2, 0.5f, &c};
  EXPECT_EQ(context.download(dc),
            golden_gemm(a.transposed(), b.transposed(), DType::fp32, epilogue));
  options.c.reset();
  EXPECT_EQ(error_of([&] { context.gemm(dc, da, db, nullptr, options); }).rule(), "beta needs C");
  options.beta = 0;
  options.right_order = OperandOrder::k_major;
  EXPECT_EQ(error_of([&] { context.gemm(dc, da, db, nullptr, options); }).rule(),
            "both operands have the same K");
}

TEST(Gemm, RefusesBadShapesNamingRuleAndValue) {
  Context context{"emu:tiny"};
  const auto core = context.capabilities();
  GemmShape shape{16, 16, 16};
  shape.n = 0;
  Error error = error_of([&] { build_gemm(core, shape); });
  EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  EXPECT_EQ(error.rule(), "m, n and k are 1 to 1048576");
  EXPECT_EQ(error.detail(), "n=0");
  shape.n = kMaxDimension + 1;
  EXPECT_EQ(error_of([&] { build_gemm(core, shape); }).detail(), "n=1048577");
  shape = {kMaxDimension, kMaxDimension, kMaxDimension};
  error = error_of([&] { build_gemm(core, shape); });
  EXPECT_NE(error.rule().find("instructions"), std::string::npos) << error.what();
  shape = {64, 64, 4096};
  shape.resident = true;
  error = error_of([&] { build_gemm(core, shape); });
  EXPECT_NE(error.rule().find("SBUF"), std::string::npos) << error.what();
  EXPECT_EQ(error_of([] { Tensor(DType::bf16, 0, 4); }).detail(), "rows=0 cols=4");
  const Tensor a(DType::bf16, 4, 5);
  EXPECT_EQ(error_of([&] { context.gemm(a, a); }).detail(), "a.cols=5 b.rows=4");
}

TEST(Gemm, RefusesMisalignedAndOverlappingMatrices) {
  Context context{"emu:tiny"};
  const auto a = context.allocate(DType::bf16, 16, 16);
  const auto b = context.allocate(DType::bf16, 16, 16);
  const auto d = context.allocate(DType::bf16, 17, 16);
  const MatrixView good = d.view().block(0, 0, 16, 16);
  MatrixView odd = a;
  odd.address = odd.address + 1;
  EXPECT_NE(error_of([&] { context.gemm(good, odd, b); }).rule().find("aligned"),
            std::string::npos);
  MatrixView narrow = a;
  narrow.pitch = 30;
  EXPECT_NE(error_of([&] { context.gemm(good, narrow, b); }).rule().find("pitch"),
            std::string::npos);
  MatrixView over = b;
  over.address = over.address + 510;  // its first element is the last of b
  Error error = error_of([&] { context.gemm(over, a, b); });
  EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  EXPECT_NE(error.rule().find("overlap"), std::string::npos);
  EXPECT_NE(error.detail().find("right=bf16[16, 16]"), std::string::npos) << error.what();
  // The context is as good as before.
  EXPECT_TRUE(context.gemm(good, a, b).completion.ok());
}

TEST(Gemm, RefusesWrongFormats) {
  Context context{"emu:tiny"};
  const Tensor bf16(DType::bf16, 16, 16);
  const Tensor int8(DType::int8, 16, 16);
  Error error = error_of([&] { context.gemm(bf16, int8); });
  EXPECT_EQ(error.code(), ErrorCode::unsupported);
  EXPECT_EQ(error.detail(), "bf16 x int8 -> bf16");
  error = error_of([&] { context.gemm(bf16, bf16, {DType::int32, false, false}); });
  EXPECT_EQ(error.code(), ErrorCode::unsupported);
  const Tensor wrong_bias(DType::bf16, 16, 1);
  error = error_of([&] { context.gemm(bf16, bf16, {}, &wrong_bias); });
  EXPECT_NE(error.rule().find("bias is fp32"), std::string::npos) << error.what();
}

}  // namespace
}  // namespace tinium
