#pragma once

#include "scheduler/layer_context.h"

namespace esact {

/// Runs one layer over one batch, from h in DRAM to h in DRAM, in the calling thread and in tasks that it waits for:
/// attention, output projection, FFN (docs/timing.md). Throws LayerError when everything it started has ended.
void run_layer(const LayerPorts& ports, const EsactConfig& config, const Descriptor& descriptor, const LayerWork& work,
               const LayerPlan& plan);

}  // namespace esact
