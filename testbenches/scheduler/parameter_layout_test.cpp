#include "scheduler/parameter_layout.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace esact {
namespace {

LayerShape make_shape(std::uint32_t heads, std::uint32_t head_width, std::uint32_t ffn_width, bool pre_ln,
                      bool final_norm) {
  LayerShape shape;
  shape.width = heads * head_width;
  shape.heads = heads;
  shape.head_width = head_width;
  shape.ffn_width = ffn_width;
  shape.pre_ln = pre_ln;
  shape.final_norm = final_norm;
  return shape;
}

std::vector<LayerShape> shapes() {
  return {make_shape(1, 1, 1, false, false),      make_shape(3, 10, 70, true, false),
          make_shape(12, 32, 1536, false, false), make_shape(12, 64, 3072, true, true),
          make_shape(8, 128, 4096, false, true),  make_shape(64, 16, 1025, true, true),
          make_shape(5, 13, 1024, false, false)};
}

std::vector<Section> sections(const LayerShape& shape, const ParameterLayout& layout) {
  std::vector<Section> all{layout.attention_constants(), layout.block_constants()};
  for (std::uint32_t head = 0; head < shape.heads; ++head) all.push_back(layout.head_weights(head));
  for (std::uint32_t tile = 0; tile < shape.output_tiles(); ++tile) all.push_back(layout.output_tile(tile));
  for (std::uint32_t tile = 0; tile < shape.ffn_tiles(); ++tile) all.push_back(layout.ffn1_tile(tile));
  for (std::uint32_t chunk = 0; chunk < shape.ffn_chunks(); ++chunk) {
    for (std::uint32_t tile = 0; tile < shape.output_tiles(); ++tile) all.push_back(layout.ffn2_tile(chunk, tile));
  }
  return all;
}

}  // namespace

TEST_CASE("Sections of a parameter block are aligned, follow one another and fill it") {
  for (const LayerShape& shape : shapes()) {
    const ParameterLayout layout(shape);
    std::uint64_t end = 0;
    for (const Section& section : sections(shape, layout)) {
      CHECK(section.offset % kAlignment == 0);
      CHECK(section.offset == align64(end));
      end = section.offset + section.bytes;
    }
    CHECK(align64(end) == layout.bytes());
  }
}

TEST_CASE("Tiles of a matrix hold exactly its elements") {
  for (const LayerShape& shape : shapes()) {
    const ParameterLayout layout(shape);
    std::uint64_t output = 0, first = 0, second = 0;
    for (std::uint32_t tile = 0; tile < shape.output_tiles(); ++tile) output += layout.output_tile(tile).bytes;
    for (std::uint32_t tile = 0; tile < shape.ffn_tiles(); ++tile) first += layout.ffn1_tile(tile).bytes;
    std::uint32_t depth = 0;
    for (std::uint32_t chunk = 0; chunk < shape.ffn_chunks(); ++chunk) {
      depth += shape.chunk_depth(chunk);
      CHECK(shape.chunk_depth(chunk) <= kTileDepth);
      for (std::uint32_t tile = 0; tile < shape.output_tiles(); ++tile) second += layout.ffn2_tile(chunk, tile).bytes;
    }
    CHECK(output == std::uint64_t{shape.width} * shape.width);
    CHECK(first == std::uint64_t{shape.width} * shape.ffn_width);
    CHECK(second == first);
    CHECK(depth == shape.ffn_width);
  }
}

TEST_CASE("Attention constants of post-LN hold no layer norm, those of pre-LN hold norm1") {
  const ParameterLayout post(make_shape(12, 32, 1536, false, false)), pre(make_shape(12, 32, 1536, true, false));
  CHECK(pre.attention_constants().bytes - post.attention_constants().bytes == 2 * 384 * 4);
  CHECK(post.block_constants().bytes - pre.block_constants().bytes == 2 * 384 * 4);
}

}  // namespace esact
