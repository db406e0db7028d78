#include "platforms/esact_dram/trace.h"

#include <catch2/catch.hpp>

#include "platforms/common/error.h"
#include "platforms/temporary_folder.h"
#include "traces.h"

using namespace esact::platform;
using namespace esact::test;

namespace {

/// Message of the error that reading the whole trace ends with.
std::string failure(const std::filesystem::path& path) {
  return message_of<UserError>([&path] {
    TraceReader trace(path);
    for (TraceAccess access; trace.next(access);) {
    }
  });
}

}  // namespace

TEST_CASE("a trace is read as text and as gzip") {
  const TemporaryFolder folder;
  const std::string text = "time_ns,direction,address,size\n0,R,1f40,64\r\n\n2.5,W,0xFF,3\n";
  const auto plain = folder.write("trace.csv", text);
  write_gzip(folder.path() / "trace.csv.gz", text);
  for (const std::filesystem::path& path : {plain, folder.path() / "trace.csv.gz"}) {
    TraceReader trace(path);
    TraceAccess access;
    REQUIRE(trace.next(access));
    CHECK(access.time_ps == 0);
    CHECK_FALSE(access.write);
    CHECK(access.address == 0x1f40);
    CHECK(access.bytes == 64);
    REQUIRE(trace.next(access));
    CHECK(access.time_ps == 2500);
    CHECK(access.write);
    CHECK(access.address == 0xff);
    CHECK(access.bytes == 3);
    CHECK(trace.position() == "line 4");
    CHECK_FALSE(trace.next(access));
  }
}

TEST_CASE("a wrong line of a trace is named") {
  const TemporaryFolder folder;
  struct Case {
    const char* text;
    const char* message;
  };
  for (const Case& wrong :
       {Case{"0,R,0,64\nsoon,R,0,64\n", "line 2: time_ns: 'soon'"}, Case{"-1,R,0,64\n", "line 1: time_ns: '-1'"},
        Case{"nan,R,0,64\n", "line 1: time_ns: 'nan'"}, Case{"0,X,0,64\n", "line 1: direction: 'X', expected R or W"},
        Case{"0,R,0xg,64\n", "line 1: address: 'g'"}, Case{"0,R,0,0\n", "line 1: size: '0'"},
        Case{"0,R,0\n", "line 1: size: ''"}, Case{"0,R,0,64,1\n", "line 1: size: '64,1'"},
        Case{"5,R,0,64\n4,R,0,64\n", "line 2: earlier than the line before"}}) {
    const auto path = folder.write("wrong.csv", wrong.text);
    CHECK_THAT(failure(path), Catch::Contains(path.string()) && Catch::Contains(wrong.message));
  }
  CHECK_THAT(failure(folder.path() / "none"), Catch::Contains("no such file"));
}

TEST_CASE("a gzip file that ends too early is refused") {
  const TemporaryFolder folder;
  write_gzip(folder.path() / "whole.gz", sequential_trace(5000, 3));
  const std::string whole = read_file(folder.path() / "whole.gz");
  const auto half = folder.write("half.gz", whole.substr(0, whole.size() / 2));
  CHECK_THAT(failure(half), Catch::Contains("not a whole gzip file"));
}
