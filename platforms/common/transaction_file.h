#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "esact_interface/transaction_listener.h"
#include "platforms/common/atomic_file.h"

namespace esact::platform {

/// Writes transaction events to a file of the format in docs/transaction_recorder.md, gzip-compressed if its name ends
/// in .gz. The file appears when it is finished, or not at all.
class TransactionFile {
 public:
  /// `with_data`: the data of reads and writes, too. UserError if the file cannot be made.
  TransactionFile(const std::filesystem::path& path, bool with_data);
  ~TransactionFile();

  /// Writes the header: the name of every socket by its number. Before the first event.
  void start(const std::vector<std::string>& sockets);

  /// Does nothing once the file is finished, nor after a failure, of which `finish` then tells.
  void write(const TransactionEvent& event);

  /// Something could not be written.
  bool failed() const { return file_.failed(); }

  /// Ends the file. UserError if anything could not be written.
  void finish();

 private:
  class Output;

  void flush();

  AtomicFile file_;
  std::unique_ptr<Output> output_;
  bool with_data_;
  std::uint64_t total_ = 0;
  std::uint64_t events_ = 0;  // in records_
  std::vector<char> records_;
  std::vector<char> bytes_;
};

}  // namespace esact::platform
