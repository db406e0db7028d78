#include "platforms/common/spls_settings.h"

namespace esact::platform {
namespace {

using Quantizer = SplsSettings::Quantizer;

kernels::Quantizer kernel_quantizer(Quantizer quantizer, bool ties_down) {
  switch (quantizer) {
    case Quantizer::kPowerOfTwo:
      return kernels::Quantizer::kPowerOfTwo;
    case Quantizer::kLeadingOne:
      return kernels::Quantizer::kLeadingOne;
    case Quantizer::kExact:
      return kernels::Quantizer::kExact;
    case Quantizer::kHlog:
      break;
  }
  return ties_down ? kernels::Quantizer::kHlogTiesDown : kernels::Quantizer::kHlog;
}

Parameter<SplsSettings> q8(const char* key, FieldOf<SplsSettings, std::uint16_t> field, IntegerRange range,
                           const char* description) {
  return integer_parameter<SplsSettings, std::uint16_t>(key, "Q8", field, range, description);
}

}  // namespace

SplsKnobs SplsSettings::knobs() const {
  SplsKnobs knobs;
  knobs.enabled = enabled ? 1 : 0;
  knobs.k_q8 = k_q8;
  knobs.s_q8 = s_q8;
  knobs.f_q8 = f_q8;
  knobs.window = window;
  knobs.quantizer = kernel_quantizer(quantizer, ties_down);
  knobs.offset_kth = offset_kth ? 1 : 0;
  knobs.hamming = hamming ? 1 : 0;
  return knobs;
}

const std::vector<Parameter<SplsSettings>>& spls_parameters() {
  using S = SplsSettings;
  static const std::vector<Parameter<S>> kParameters{
      boolean_parameter<S>(
          "spls.enabled", [](S& s) -> bool& { return s.enabled; }, "sparsity prediction; false is the dense machine"),
      q8(
          "spls.k_q8", [](S& s) -> std::uint16_t& { return s.k_q8; }, {1, 256},
          "share of the valid columns that a row keeps"),
      q8(
          "spls.s_q8", [](S& s) -> std::uint16_t& { return s.s_q8; }, {0, 65535},
          "largest distance of a similar row, relative to its critical row's norm"),
      q8(
          "spls.f_q8", [](S& s) -> std::uint16_t& { return s.f_q8; }, {0, 257},
          "share of heads that must agree before a token takes another's FFN result; 257 turns that off"),
      integer_parameter<S, std::uint16_t>(
          "spls.window", "rows", [](S& s) -> std::uint16_t& { return s.window; }, {1, 64},
          "consecutive rows among which similar ones are sought"),
      name_parameter<S, Quantizer>(
          "spls.quantizer", [](S& s) -> Quantizer& { return s.quantizer; },
          {{"hlog", Quantizer::kHlog},
           {"pot", Quantizer::kPowerOfTwo},
           {"leading_one", Quantizer::kLeadingOne},
           {"exact", Quantizer::kExact}},
          "levels of the predictor's operands; exact is an ablation charged as int8 MACs"),
      name_parameter<S, bool>(
          "spls.ties", [](S& s) -> bool& { return s.ties_down; }, {{"up", false}, {"down", true}},
          "level taken by a value in the middle of two, for hlog"),
      name_parameter<S, bool>(
          "spls.offset", [](S& s) -> bool& { return s.offset_kth; }, {{"none", false}, {"kth", true}},
          "kth subtracts (smallest kept value - 1) before rows are compared"),
      name_parameter<S, bool>(
          "spls.metric", [](S& s) -> bool& { return s.hamming; }, {{"l1", false}, {"hamming", true}},
          "distance of two rows"),
  };
  return kParameters;
}

}  // namespace esact::platform
