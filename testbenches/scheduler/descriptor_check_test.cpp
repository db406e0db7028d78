#include "scheduler/descriptor_check.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "work.h"

namespace esact {
namespace {

Descriptor good_descriptor() {
  Descriptor descriptor;
  descriptor.sequences = 2;
  descriptor.tokens = 20;
  descriptor.width = 48;
  descriptor.heads = 3;
  descriptor.head_width = 16;
  descriptor.ffn_width = 80;
  descriptor.k_q8 = 51;
  descriptor.s_q8 = 128;
  descriptor.f_q8 = 128;
  descriptor.window = 8;
  descriptor.sequence_table = 0x80000000;
  descriptor.input_h = 0x80001000;
  descriptor.output_h = 0x80002000;
  descriptor.parameters = 0x80003000;
  descriptor.scratch = 0x80004000;
  descriptor.parameters_bytes = descriptor.scratch_bytes = ~std::uint64_t{0};
  return descriptor;
}

template <class Check>
LayerError error_of(Check check) {
  try {
    check();
  } catch (const LayerError& error) {
    return error;
  }
  return {};
}

void set(Descriptor& descriptor, std::size_t offset, std::uint64_t value, std::size_t bytes) {
  std::memcpy(reinterpret_cast<unsigned char*>(&descriptor) + offset, &value, bytes);
}

}  // namespace

TEST_CASE("A good descriptor passes and becomes the work it describes") {
  Descriptor descriptor = good_descriptor();
  descriptor.flags = descriptor_flags::kCausal | descriptor_flags::kSplsEnabled;
  CHECK(error_of([&] { check_descriptor(descriptor); }).code == ErrorCode::kNone);
  const LayerWork work = layer_work(descriptor, {12, 8});
  CHECK(work.shape.causal);
  CHECK_FALSE(work.shape.pre_ln);
  CHECK(work.spls.enabled == 1);
  CHECK(work.spls.window == 8);
  CHECK(work.tokens() == 20);
}

TEST_CASE("Every field outside its range is refused with its error") {
  for (const DescriptorCheck& check : kDescriptorChecks) {
    INFO("field at " << check.offset);
    Descriptor above = good_descriptor();
    set(above, check.offset, std::uint64_t{check.maximum} + 1, check.bytes);
    CHECK(error_of([&] { check_descriptor(above); }).code == check.error);
    if (check.minimum == 0) continue;
    Descriptor below = good_descriptor();
    set(below, check.offset, check.minimum - 1, check.bytes);
    CHECK(error_of([&] { check_descriptor(below); }).code == check.error);
  }
}

TEST_CASE("Every field at its bounds passes") {
  const auto is_shape = [](std::size_t offset) {  // the three depend on one another
    return offset == offsetof(Descriptor, width) || offset == offsetof(Descriptor, heads) ||
           offset == offsetof(Descriptor, head_width);
  };
  for (const DescriptorCheck& check : kDescriptorChecks) {
    if (is_shape(check.offset)) continue;
    INFO("field at " << check.offset);
    for (std::uint64_t bound : {check.minimum, check.maximum}) {
      Descriptor descriptor = good_descriptor();
      set(descriptor, check.offset, bound, check.bytes);
      CHECK(error_of([&] { check_descriptor(descriptor); }).code == ErrorCode::kNone);
    }
  }
  struct Shape {
    std::uint16_t width, heads, head_width;
  };
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{1024, 64, 16}, Shape{1024, 8, 128}}) {
    Descriptor descriptor = good_descriptor();
    descriptor.width = shape.width;
    descriptor.heads = shape.heads;
    descriptor.head_width = shape.head_width;
    CHECK(error_of([&] { check_descriptor(descriptor); }).code == ErrorCode::kNone);
  }
}

TEST_CASE("A width that is not heads times head width is a bad shape") {
  Descriptor descriptor = good_descriptor();
  descriptor.head_width = 15;
  CHECK(error_of([&] { check_descriptor(descriptor); }).code == ErrorCode::kBadShape);
}

TEST_CASE("Every address must be a multiple of 64, and the error names it") {
  for (std::size_t offset : kDescriptorAddresses) {
    for (std::uint64_t misaligned : {1, 4, 32, 63}) {
      Descriptor descriptor = good_descriptor();
      set(descriptor, offset, 0x80000000 + misaligned, sizeof(std::uint64_t));
      const LayerError error = error_of([&] { check_descriptor(descriptor); });
      CHECK(error.code == ErrorCode::kMisalignedAddress);
      CHECK(error.address == 0x80000000 + misaligned);
    }
  }
}

TEST_CASE("Every reserved byte must be zero") {
  Descriptor descriptor = good_descriptor();
  descriptor.reserved0 = 1;
  CHECK(error_of([&] { check_descriptor(descriptor); }).code == ErrorCode::kReservedNotZero);
  for (auto& byte : descriptor.reserved1) {
    descriptor = good_descriptor();
    byte = 0x80;
    CHECK(error_of([&] { check_descriptor(descriptor); }).code == ErrorCode::kReservedNotZero);
  }
}

TEST_CASE("Sequence lengths must lie in 1 to 1024 and add up") {
  struct Case {
    std::vector<std::uint32_t> sequences;
    ErrorCode error;
  };
  const Case cases[] = {{{12, 8}, ErrorCode::kNone},
                        {{20, 0}, ErrorCode::kBadSequenceTable},
                        {{12, 9}, ErrorCode::kBadSequenceTable},
                        {{1025, 8}, ErrorCode::kBadSequenceTable},
                        {{0xffffffff, 21}, ErrorCode::kBadSequenceTable}};
  const Descriptor descriptor = good_descriptor();
  for (const Case& row : cases) {
    CHECK(error_of([&] { check_sequences(descriptor, row.sequences); }).code == row.error);
  }
}

TEST_CASE("Memory that is too small is refused with what it lacks") {
  const Descriptor descriptor = good_descriptor();
  const LayerWork work = layer_work(descriptor, {12, 8});
  const EsactConfig config;
  const LayerPlan plan = plan_layer(work, config);
  const auto code = [&](const Descriptor& given, std::uint64_t sram) {
    return error_of([&] { check_memory(given, work, plan, sram); }).code;
  };
  CHECK(code(descriptor, config.sram.bytes) == ErrorCode::kNone);
  CHECK(code(descriptor, plan.minimum_bytes - 1) == ErrorCode::kSramTooSmall);
  Descriptor small = descriptor;
  small.parameters_bytes = ParameterLayout(work.shape).bytes() - 1;
  CHECK(code(small, config.sram.bytes) == ErrorCode::kParametersTooSmall);
  small = descriptor;
  small.scratch_bytes = scratch_bytes(work) - 1;
  CHECK(code(small, config.sram.bytes) == ErrorCode::kScratchTooSmall);
}

}  // namespace esact
