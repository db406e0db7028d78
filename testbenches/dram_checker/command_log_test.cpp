#include "dram_checker/command_log.h"

#include <catch2/catch.hpp>
#include <sstream>

using namespace esact;

TEST_CASE("a command survives its line") {
  for (const char* line : {"17,2,RD,1,5,77,8", "0,0,ACT,0,3,32767,", "9,1,PRE,3,15,,", "9,0,PREA,,,,", "9396,0,REF,,,,",
                           "1,0,WRA,0,0,0,0"}) {
    std::ostringstream log;
    write_dram_command(log, parse_dram_command(line));
    CHECK(log.str() == std::string(line) + "\n");
  }
}

TEST_CASE("a wrong line is refused with the field") {
  struct Case {
    const char* line;
    const char* message;
  };
  for (const Case& wrong :
       {Case{"", "expected cycle"}, Case{"1,0,RD,0,0,0", "expected cycle"}, Case{"x,0,RD,0,0,0,0", "cycle: 'x'"},
        Case{"1,0,READ,0,0,0,0", "'READ'"}, Case{"1,0,REF,0,0,,", "bank_group: expected nothing"},
        Case{"1,0,ACT,0,0,,", "row: ''"}, Case{"-1,0,REF,,,,", "cycle: '-1'"}}) {
    CHECK_THROWS_WITH(parse_dram_command(wrong.line), Catch::Contains(wrong.message));
  }
}
