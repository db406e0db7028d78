#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdlib>
#include <systemc>

namespace {

/// A SystemC warning, error or fatal report ends the test with a failure, unless the test wants it ignored; information
/// is not shown.
void fail_on_report(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
  if (report.get_severity() == sc_core::SC_INFO || actions == sc_core::SC_DO_NOTHING) return;
  throw sc_core::sc_report(report);
}

}  // namespace

/// SystemC's banner would stand above every test.
int main(int argc, char* argv[]) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}

int sc_main(int argc, char* argv[]) {
  sc_core::sc_report_handler::set_handler(fail_on_report);
  return Catch::Session().run(argc, argv);
}
