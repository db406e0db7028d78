#include <catch2/catch.hpp>
#include <numeric>

#include "traffic.h"

using namespace esact;
using namespace esact::test;

namespace {

double coefficient(const DramTable& table, DramEnergyPart part) {
  return table.energy[static_cast<std::size_t>(part)].value;
}

}  // namespace

TEST_CASE("DDR4 coefficients follow from the currents of eight devices") {
  const DramTable table = dram_table("ddr4");
  const double scale = 8 * 1.2;
  CHECK(coefficient(table, DramEnergyPart::kRead) == Approx((184.5 - 44.0) * 4 * 0.833 * scale));
  CHECK(coefficient(table, DramEnergyPart::kWrite) == Approx((168.75 - 44.0) * 4 * 0.833 * scale));
  CHECK(coefficient(table, DramEnergyPart::kActivate) == Approx((60.75 * 55 - 44.0 * 39 - 38.25 * 16) * 0.833 * scale));
  CHECK(coefficient(table, DramEnergyPart::kRefresh) == Approx((118.0 - 38.25) * 312 * 0.833 * scale));
  CHECK(coefficient(table, DramEnergyPart::kActiveStandby) == Approx(44.0 * scale));
}

TEST_CASE("every coefficient says where it comes from") {
  for (const std::string& preset : dram_presets()) {
    for (const DramCoefficient& coefficient : dram_table(preset).energy) {
      INFO(preset);
      CHECK(coefficient.value > 0);
      CHECK_FALSE(coefficient.source.empty());
      const bool known = coefficient.provenance == "published" || coefficient.provenance == "derived" ||
                         coefficient.provenance == "assumed";
      CHECK(known);
    }
  }
}

TEST_CASE("energy is counts and times of state multiplied once") {
  DramEnergyTable table;
  for (std::size_t part = 0; part < kDramEnergyParts; ++part) table[part].value = static_cast<double>(part + 1);
  const DramActivity activity{10, 20, 30, 40, 500, 600};
  const auto energy = dram_energy(table, activity, 2000);
  CHECK(energy == std::array<double, kDramEnergyParts>{10, 40, 90, 160, 5000, 7200});
}

TEST_CASE("figures have a name, a unit and a description, and the energy adds up") {
  const DramTable table = dram_table("hbm2");
  Recorder recorder;
  DramController controller(table, DramControllerConfig{}, recorder);
  for (const MemoryAccess& access : random(3000, 1, 50))
    controller.submit(0, access.address, kRequestBytes, access.write);
  drain(controller);
  double parts = 0;
  double total = 0;
  for (const DramFigure& figure : dram_figures(controller.statistics(controller.last_end()), table)) {
    INFO(figure.name);
    CHECK_FALSE(figure.description.empty());
    if (figure.name == "energy") total = std::get<double>(figure.value);
    if (figure.unit == "pJ" && figure.name != "energy") parts += std::get<double>(figure.value);
  }
  CHECK(total > 0);
  CHECK(parts == Approx(total));
}
