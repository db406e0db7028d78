#include "scheduler/layer_run.h"

#include "scheduler/attention_phase.h"
#include "scheduler/ffn_phase.h"
#include "scheduler/projection_phase.h"

namespace esact {

void run_layer(const LayerPorts& ports, const EsactConfig& config, const Descriptor& descriptor, const LayerWork& work,
               const LayerPlan& plan) {
  LayerContext layer(ports, config, descriptor, work, plan);
  const std::uint64_t batch_bytes = std::uint64_t{work.tokens()} * work.shape.width;
  layer.z = ports.space.allocate(plan.z_resident ? batch_bytes : 0);
  AttentionPhase(layer).run();

  layer.x1 = ports.space.allocate(plan.x1_resident ? batch_bytes : 0);
  const Section section = layer.layout.block_constants();
  const SramBuffer block_constants = layer.load_parameters(section);
  const std::uint64_t constants = block_constants.address() - section.offset;
  ProjectionPhase(layer, constants).run();
  layer.z = {};
  FfnPhase(layer, constants).run();
}

}  // namespace esact
