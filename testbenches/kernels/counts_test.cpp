#include "kernels/counts.h"

#include <catch2/catch.hpp>

using namespace esact::kernels;

TEST_CASE("valid columns are counted row by row") {
  for (const bool causal : {false, true}) {
    for (std::uint64_t length = 1; length < 50; ++length) {
      std::uint64_t sum = 0;
      for (std::uint64_t i = 0; i < length; ++i) sum += causal ? i + 1 : length;
      REQUIRE(valid_columns(length, causal) == sum);
    }
  }
}

TEST_CASE("counts of a BERT-Base layer of 128 tokens") {
  const std::uint64_t projection = 128ULL * 768 * 768;
  const std::uint64_t attention = 768ULL * 128 * 128;
  CHECK(predictor_products(128, 768, false) == 2 * projection + attention);
  CHECK(predictor_products(128, 768, true) == 2 * projection + 768ULL * 128 * 129 / 2);
  const std::array<std::uint64_t, 7> expected = {projection, projection, projection,    attention,
                                                 attention,  projection, 8 * projection};
  CHECK(dense_macs(128, 768, 3072, false) == expected);
}
