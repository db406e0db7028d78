#include "dram/energy.h"

namespace esact {

std::array<double, kDramEnergyParts> dram_energy(const DramEnergyTable& table, const DramActivity& activity,
                                                 std::uint32_t clock_ps) {
  constexpr double kPicosecondsPerNanosecond = 1000;
  const double nanoseconds = clock_ps / kPicosecondsPerNanosecond;  // mW x ns = pJ
  const std::array<double, kDramEnergyParts> amounts{static_cast<double>(activity.activates),
                                                     static_cast<double>(activity.reads),
                                                     static_cast<double>(activity.writes),
                                                     static_cast<double>(activity.refreshes),
                                                     static_cast<double>(activity.active_cycles) * nanoseconds,
                                                     static_cast<double>(activity.precharged_cycles) * nanoseconds};
  std::array<double, kDramEnergyParts> energy{};
  for (std::size_t part = 0; part < kDramEnergyParts; ++part) energy[part] = amounts[part] * table[part].value;
  return energy;
}

}  // namespace esact
