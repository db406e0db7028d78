#include <catch2/catch.hpp>
#include <sstream>

#include "traffic.h"

using namespace esact;
using namespace esact::test;

namespace {

/// A request: cycle of arrival, read or write, and where it goes.
struct Request {
  DramCycle arrival;
  char direction;
  std::uint32_t bank;
  std::uint32_t row;
};

/// A command as a line of these tables: "cycle command bank row".
std::string line(const DramCommandRecord& record) {
  std::ostringstream text;
  text << record.cycle << ' ' << name(record.command);
  if (!is_all_bank(record.command)) text << " b" << record.location.bank;
  if (record.command == DramCommand::kActivate || is_column(record.command)) text << " r" << record.location.row;
  return text.str();
}

/// Commands that the requests, of one burst each, lead to until all have ended.
std::vector<std::string> commands(const char* preset, const std::vector<Request>& requests,
                                  const DramControllerConfig& config) {
  const DramTable table = dram_table(preset);
  Recorder recorder;
  DramController controller(table, config, recorder);
  controller.record_commands(true);
  for (const Request& request : requests) {
    DramLocation location;
    location.bank = request.bank;
    location.bank_group = request.bank / (table.banks / table.bank_groups);
    location.row = request.row;
    controller.submit(request.arrival, controller.mapping().encode(location), table.burst_bytes,
                      request.direction == 'W');
  }
  drain(controller);
  std::vector<std::string> lines;
  for (const DramCommandRecord& record : recorder.commands) lines.push_back(line(record));
  return lines;
}

DramControllerConfig config(DramScheduler scheduler, DramPagePolicy page_policy) {
  DramControllerConfig config;
  config.scheduler = scheduler;
  config.page_policy = page_policy;
  return config;
}

const DramControllerConfig kDefault;

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("DDR4 commands keep RCD, CCD, RTP, RAS, RP and RRD") {
  CHECK(commands("ddr4", {{0, 'R', 0, 1}, {0, 'R', 0, 1}, {0, 'R', 0, 2}, {0, 'R', 4, 1}, {0, 'R', 1, 1}}, kDefault) ==
        Lines{"1 ACT b0 r1", "5 ACT b4 r1", "9 ACT b1 r1", "17 RD b0 r1", "21 RD b4 r1", "25 RD b0 r1", "31 RD b1 r1",
              "40 PRE b0", "56 ACT b0 r2", "72 RD b0 r2"});
}

TEST_CASE("DDR4 reads after writes wait for WTR, writes after reads for the bus, precharges for WR") {
  CHECK(commands("ddr4", {{0, 'W', 0, 1}, {0, 'R', 4, 1}, {0, 'W', 0, 1}, {100, 'R', 0, 2}}, kDefault) ==
        Lines{"1 ACT b0 r1", "5 ACT b4 r1", "17 WR b0 r1", "23 WR b0 r1", "46 RD b4 r1", "101 PRE b0", "117 ACT b0 r2",
              "133 RD b0 r2"});
}

TEST_CASE("DDR4 gives four activations in FAW") {
  CHECK(commands("ddr4", {{0, 'R', 0, 1}, {0, 'R', 4, 1}, {0, 'R', 8, 1}, {0, 'R', 12, 1}, {0, 'R', 1, 1}}, kDefault) ==
        Lines{"1 ACT b0 r1", "5 ACT b4 r1", "9 ACT b8 r1", "13 ACT b12 r1", "17 RD b0 r1", "21 RD b4 r1", "25 RD b8 r1",
              "27 ACT b1 r1", "29 RD b12 r1", "43 RD b1 r1"});
}

TEST_CASE("a refresh is due at REFI, closes the rows when legal and holds up what comes in between") {
  CHECK(commands("ddr4", {{9340, 'R', 0, 1}, {9361, 'R', 0, 1}}, kDefault) ==
        Lines{"9341 ACT b0 r1", "9357 RD b0 r1", "9380 PREA", "9396 REF", "9708 ACT b0 r1", "9724 RD b0 r1"});
}

TEST_CASE("refreshes of idle time are given one REFI apart without precharges") {
  CHECK(commands("ddr4", {{20000, 'R', 0, 1}}, kDefault) ==
        Lines{"9360 REF", "18720 REF", "20001 ACT b0 r1", "20017 RD b0 r1"});
}

TEST_CASE("LPDDR4 commands count from their first cycle") {
  CHECK(commands("lpddr4", {{0, 'R', 0, 1}, {0, 'W', 0, 1}, {0, 'R', 1, 1}, {200, 'R', 0, 2}}, kDefault) ==
        Lines{"1 ACT b0 r1", "17 ACT b1 r1", "30 RD b0 r1", "46 RD b1 r1", "76 WR b0 r1", "201 PRE b0", "228 ACT b0 r2",
              "257 RD b0 r2"});
}

TEST_CASE("an LPDDR4 refresh follows all-bank precharge by RPab and lasts RFC to the end of the next ACT") {
  CHECK(commands("lpddr4", {{6200, 'R', 0, 1}, {6247, 'R', 0, 1}}, kDefault) ==
        Lines{"6201 ACT b0 r1", "6230 RD b0 r1", "6271 PREA", "6305 REF", "6751 ACT b0 r1", "6780 RD b0 r1"});
}

TEST_CASE("HBM2 gives a row and a column command in one cycle") {
  CHECK(commands("hbm2", {{0, 'R', 0, 1}, {0, 'W', 4, 1}, {9, 'R', 8, 1}, {13, 'R', 12, 1}}, kDefault) ==
        Lines{"1 ACT b0 r1", "5 ACT b4 r1", "10 ACT b8 r1", "12 WR b4 r1", "14 ACT b12 r1", "25 RD b0 r1",
              "27 RD b8 r1", "29 RD b12 r1"});
}

TEST_CASE("FR-FCFS serves hits before older conflicts, FIFO does not") {
  const std::vector<Request> requests{{0, 'R', 0, 1}, {0, 'R', 0, 2}, {0, 'R', 0, 1}};
  CHECK(commands("ddr4", requests, config(DramScheduler::kFrFcfs, DramPagePolicy::kOpen)) ==
        Lines{"1 ACT b0 r1", "17 RD b0 r1", "23 RD b0 r1", "40 PRE b0", "56 ACT b0 r2", "72 RD b0 r2"});
  CHECK(commands("ddr4", requests, config(DramScheduler::kFifo, DramPagePolicy::kOpen)) ==
        Lines{"1 ACT b0 r1", "17 RD b0 r1", "40 PRE b0", "56 ACT b0 r2", "72 RD b0 r2", "95 PRE b0", "111 ACT b0 r1",
              "127 RD b0 r1"});
}

TEST_CASE("the closed policy precharges with every access, the adaptive one if only another row is waited for") {
  const std::vector<Request> requests{{0, 'R', 0, 1}, {0, 'R', 0, 1}, {0, 'W', 0, 2}};
  CHECK(commands("ddr4", requests, config(DramScheduler::kFrFcfs, DramPagePolicy::kClosed)) ==
        Lines{"1 ACT b0 r1", "17 RDA b0 r1", "56 ACT b0 r1", "72 RDA b0 r1", "111 ACT b0 r2", "127 WRA b0 r2"});
  CHECK(commands("ddr4", requests, config(DramScheduler::kFrFcfs, DramPagePolicy::kAdaptive)) ==
        Lines{"1 ACT b0 r1", "17 RD b0 r1", "23 RDA b0 r1", "56 ACT b0 r2", "72 WR b0 r2"});
}

TEST_CASE("a full bank queue holds up the requests behind it") {
  DramControllerConfig shallow;
  shallow.queue_depth = 1;
  CHECK(commands("ddr4", {{0, 'R', 0, 1}, {0, 'R', 4, 1}}, shallow) ==
        Lines{"1 ACT b0 r1", "17 RD b0 r1", "18 ACT b4 r1", "34 RD b4 r1"});
}
