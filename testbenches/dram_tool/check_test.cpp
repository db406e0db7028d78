#include "platforms/esact_dram/check.h"

#include <catch2/catch.hpp>
#include <iostream>

#include "platforms/common/error.h"
#include "platforms/esact_dram/play.h"
#include "platforms/temporary_folder.h"
#include "traces.h"

using namespace esact::platform;
using namespace esact::test;

namespace {

/// Takes what is printed while it lives.
class Capture {
 public:
  Capture() : old_(std::cout.rdbuf(text_.rdbuf())) {}
  ~Capture() { std::cout.rdbuf(old_); }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::streambuf* old_;
};

}  // namespace

TEST_CASE("the commands of a run are legal for its preset and illegal for another") {
  const TemporaryFolder folder;
  PlayOptions run;
  run.trace = folder.write("trace.csv", sequential_trace(20000, 5));
  run.dram.preset = "hbm2";
  run.commands = folder.path() / "commands.csv";
  run.quiet = true;
  play(run);
  CheckOptions options;
  options.log = *run.commands;
  options.dram.preset = "hbm2";
  Capture capture;
  CHECK(check(options) == 0);
  CHECK_THAT(capture.text(), Catch::EndsWith(" commands, 0 violations\n"));
  options.dram.preset = "ddr4";
  CHECK(check(options) > 0);
}

TEST_CASE("a violation in a log is shown and counted") {
  const TemporaryFolder folder;
  CheckOptions options;
  options.log =
      folder.write("log.csv", "cycle,channel,command,bank_group,bank,row,column\n0,0,ACT,0,0,5,\n15,0,RD,0,0,5,0\n");
  options.dram.preset = "ddr4";
  Capture capture;
  CHECK(check(options) == 1);
  CHECK(capture.text() == "cycle 15, channel 0, RD bank 0: RCD: 16 cycles, found 15\n2 commands, 1 violations\n");
}

TEST_CASE("what is no command log is refused with its line") {
  const TemporaryFolder folder;
  CheckOptions options;
  options.dram.preset = "ddr4";
  options.log = folder.write("a", "hello\n");
  CHECK_THAT(message_of<UserError>([&] { check(options); }), Catch::Contains("line 1"));
  options.log = folder.write("b", "cycle,channel,command,bank_group,bank,row,column\n0,0,ACT,0,0,,\n");
  CHECK_THAT(message_of<UserError>([&] { check(options); }), Catch::Contains("line 2: row: ''"));
  options.log = folder.path() / "none";
  CHECK_THAT(message_of<UserError>([&] { check(options); }), Catch::Contains("cannot be read"));
}
