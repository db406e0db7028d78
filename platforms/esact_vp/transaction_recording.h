#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "esact_interface/transaction_listener.h"
#include "platforms/common/transaction_file.h"

namespace esact::platform {

/// Records the links of the sockets that a user names to a TransactionFile.
class TransactionRecording : public TransactionListener {
 public:
  /// `sockets`: names without the machine's own, or patterns of fnmatch(3), separated by commas. UserError if one is
  /// empty.
  TransactionRecording(const std::string& sockets, const std::filesystem::path& path, bool with_data);

  std::optional<std::uint32_t> number(const std::string& name) override;
  void write(const TransactionEvent& event) override { file_->write(event); }

  /// Makes the file, when all sockets are known and before the simulation. UserError with their names if a pattern has
  /// matched none, and if the file cannot be made.
  void start();

  /// The disk is full; `finish` tells.
  bool failed() const { return file_->failed(); }

  /// Ends the file. UserError if anything could not be written.
  void finish() { file_->finish(); }

 private:
  struct Pattern {
    std::string text;
    bool matched = false;
  };

  std::vector<Pattern> patterns_;
  std::vector<std::string> known_;
  std::vector<std::string> recorded_;
  std::filesystem::path path_;
  bool with_data_;
  std::optional<TransactionFile> file_;
};

}  // namespace esact::platform
