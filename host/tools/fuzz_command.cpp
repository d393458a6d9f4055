// SPDX-License-Identifier: Apache-2.0

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "files.hpp"
#include "fuzz.hpp"
#include "fuzz/case_file.hpp"
#include "fuzz/duel.hpp"
#include "fuzz/footprint.hpp"
#include "fuzz/mutant.hpp"
#include "fuzz/plan.hpp"
#include "fuzz/shrink.hpp"
#include "progress.hpp"

namespace tinium::tools {
namespace {

using namespace fuzz;  // NOLINT: the words of this file

constexpr const char* kOperation = "fuzz";

struct Seeds {
  std::uint64_t first = 0, last = 0;
};

Seeds parse_seeds(const std::string& text) {
  try {
    const auto dots = text.find("..");
    std::size_t used = 0;
    Seeds seeds;
    seeds.first = std::stoull(text, &used);
    if (dots == std::string::npos) {
      seeds.last = seeds.first;
      if (used == text.size()) return seeds;
    } else if (used == dots) {
      const std::string rest = text.substr(dots + 2);
      seeds.last = std::stoull(rest, &used);
      if (used == rest.size() && seeds.last >= seeds.first) return seeds;
    }
  } catch (const std::exception&) {
  }
  throw Error(ErrorCode::invalid_argument, kOperation, "seeds are N or FIRST..LAST",
              "--seeds=\"" + text + "\"");
}

/// "sim:tiny?x=1" -> "tiny".
std::string config_of(const std::string& url) {
  const auto colon = url.find(':');
  const auto end = url.find('?');
  if (colon == std::string::npos) return url;
  return url.substr(colon + 1, end == std::string::npos ? end : end - colon - 1);
}

Duel make_duel(const FuzzOptions& options, const std::string& url) {
  // Checked calls would cost time, and the fuzzer keeps to its own memory.
  const std::string unchecked =
      url + (url.find('?') == std::string::npos ? "?" : "&") + "checked=0";
  return Duel(
      [=, mutant = options.mutant] {
        auto device = open(unchecked);
        return mutant.empty() ? std::move(device) : make_mutant(std::move(device), mutant);
      },
      [config = config_of(url)] { return open("emu:" + config + "?checked=0"); });
}

std::string rerun_line(const FuzzOptions& options, std::uint64_t seed) {
  return "tinium fuzz --device '" + options.device + "' --seeds " + std::to_string(seed) +
         (options.faults ? " --faults" : "") +
         (options.mutant.empty() ? "" : " --mutant " + options.mutant);
}

std::string wave_line(const std::string& file, const std::string& config) {
  // small is built for speed, without waveforms.
  if (config != "tiny") return "tinium fuzz --replay " + file;
  return "tinium fuzz --replay " + file + " --trace " +
         std::filesystem::path(file).replace_extension(".fst").string();
}

class Campaign {
 public:
  explicit Campaign(const FuzzOptions& options)
      : options_(options), duel_(make_duel(options, options.device)) {}

  int run() {
    const Seeds seeds = parse_seeds(options_.seeds);
    const auto begin = std::chrono::steady_clock::now();
    Progress progress("fuzz " + options_.device, seeds.last - seeds.first + 1, options_.json);
    const Mode mode = options_.faults ? Mode::faults : Mode::programs;
    std::uint64_t seed = seeds.first;
    for (; seed <= seeds.last; ++seed) {
      const auto passed = std::chrono::steady_clock::now() - begin;
      if (options_.seconds != 0 && passed >= std::chrono::seconds(options_.seconds)) break;
      const CasePlan plan = draw_case(duel_.core(), seed, mode);
      const auto one = build_case(duel_.core(), plan);
      if (!one) throw Error(ErrorCode::internal, kOperation, "a drawn plan is legal");
      for (const Launch& launch : one->launches) {
        if (launch.expect == Expect::ok) coverage_.add(launch.image);
      }
      const Verdict verdict = duel_.run(*one);
      if (verdict.outcome == Outcome::fail) {
        fail(seed, plan, verdict);
        if (failures_.size() >= options_.failures) {
          ++seed;
          break;
        }
      }
      if (seed % 16 == 0) {
        progress.update(seed - seeds.first + 1, std::to_string(duel_.counts().launches) +
                                                    " programs, " +
                                                    std::to_string(failures_.size()) + " failures");
      }
    }
    progress.finish();
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    report(seeds.first, seed);
    return failures_.empty() ? kOk : kCheckFailed;
  }

 private:
  struct Found {
    std::uint64_t seed;
    std::string signature, file, rerun;
  };

  void fail(std::uint64_t seed, const CasePlan& plan, const Verdict& verdict) {
    const DuelCounts kept = duel_.counts();
    Duel fresh = make_duel(options_, options_.device);
    const auto one = build_case(fresh.core(), plan);
    const Verdict again = fresh.run(*one);
    Found found{seed, verdict.signature, "", rerun_line(options_, seed)};
    std::string notes = "seed " + std::to_string(seed) + (options_.faults ? " --faults" : "") +
                        " on " + options_.device + "\n";
    Case shrunk_case = *one;
    std::string text = verdict.text;
    if (again.outcome != Outcome::fail || !same_failure(again, verdict)) {
      found.signature = "only after other cases: " + verdict.signature;
      found.rerun = "tinium fuzz --device '" + options_.device + "' --seeds " +
                    std::to_string(parse_seeds(options_.seeds).first) + ".." +
                    std::to_string(seed) + (options_.faults ? " --faults" : "");
      notes += "fails only after the cases before it: " + found.rerun + "\n";
    } else {
      const Shrunk small = shrink(fresh, plan, again, options_.shrink_runs);
      shrunk_case = *build_case(fresh.core(), small.plan);
      text = small.verdict.text;
      notes += "shrunk from " + std::to_string(item_count(plan)) + " to " +
               std::to_string(item_count(small.plan)) + " instructions in " +
               std::to_string(small.runs) + " runs\n";
    }
    notes += found.signature + "\n" + text;
    const std::string name = config_of(options_.device) + "_" + (options_.faults ? "f" : "p") +
                             std::to_string(seed) + ".case";
    std::filesystem::create_directories(options_.save);
    found.file = (std::filesystem::path(options_.save) / name).string();
    const std::string file = write_case(shrunk_case, notes);
    write_file(found.file, std::as_bytes(std::span(file)));
    failures_.push_back(found);
    std::fprintf(stderr, "FAIL seed %llu: %s\n%s\n  rerun:    %s\n  waveform: %s\n",
                 static_cast<unsigned long long>(seed), found.signature.c_str(), text.c_str(),
                 found.rerun.c_str(), wave_line(found.file, config_of(options_.device)).c_str());
  }

  void report(std::uint64_t first, std::uint64_t end) const {
    const DuelCounts& c = duel_.counts();
    if (options_.json) {
      nlohmann::json out;
      out["device"] = options_.device;
      out["mode"] = options_.faults ? "faults" : "programs";
      out["seeds"] = {{"first", first}, {"last", end - 1}};
      out["cases"] = c.cases;
      out["programs"] = c.launches;
      out["skipped"] = c.skipped;
      out["core_cycles"] = c.cycles;
      out["bytes_compared"] = c.bytes;
      out["bytes_undefined"] = c.undefined;
      out["bus_errors"] = c.bus_errors;
      out["resets"] = c.resets;
      out["known_jobs"] = c.known_jobs;
      out["faults"] = c.faults;
      out["seconds"] = seconds_;
      out["coverage"] = coverage_.counts();
      out["failures"] = nlohmann::json::array();
      for (const Found& f : failures_) {
        out["failures"].push_back(
            {{"seed", f.seed}, {"signature", f.signature}, {"file", f.file}, {"rerun", f.rerun}});
      }
      std::printf("%s\n", out.dump(2).c_str());
      return;
    }
    std::printf("%s, seeds %llu..%llu%s: %llu programs, %llu core cycles, %.1f s\n",
                options_.device.c_str(), static_cast<unsigned long long>(first),
                static_cast<unsigned long long>(end - 1), options_.faults ? ", faults" : "",
                static_cast<unsigned long long>(c.launches),
                static_cast<unsigned long long>(c.cycles), seconds_);
    std::printf(
        "%llu bus errors and %llu resets in mid-flight; %llu right jobs after them and "
        "other faults\n",
        static_cast<unsigned long long>(c.bus_errors), static_cast<unsigned long long>(c.resets),
        static_cast<unsigned long long>(c.known_jobs));
    for (const auto& [what, count] : c.faults) {
      std::printf("  %-22s %llu\n", what.c_str(), static_cast<unsigned long long>(count));
    }
    if (options_.coverage) {
      for (const auto& [what, count] : coverage_.counts()) {
        std::printf("%-44s %llu\n", what.c_str(), static_cast<unsigned long long>(count));
      }
    } else {
      std::printf("%zu features executed (--coverage lists them)\n", coverage_.counts().size());
    }
    std::printf("%zu mismatches\n", failures_.size());
  }

  const FuzzOptions& options_;
  Duel duel_;
  Coverage coverage_;
  std::vector<Found> failures_;
  double seconds_ = 0;
};

int replay(const FuzzOptions& options) {
  int status = kOk;
  for (const std::string& file : options.replays) {
    const auto bytes = read_file(file);
    const Case one =
        read_case(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    // The device decides where, the case decides which core.
    const std::string scheme = options.device.substr(0, options.device.find(':') + 1);
    std::string url = scheme + one.config;
    if (!options.trace.empty()) url += "?trace=" + options.trace;
    Duel duel = make_duel(options, url);
    const Verdict verdict = duel.run(one);
    const bool passed = verdict.outcome != Outcome::fail;
    std::printf("%s: %s\n", file.c_str(), passed ? "PASS" : ("FAIL: " + verdict.signature).c_str());
    if (!passed) {
      std::printf("launch %zu\n%s\n  waveform: %s\n", verdict.launch, verdict.text.c_str(),
                  wave_line(file, one.config).c_str());
      status = kCheckFailed;
    }
  }
  return status;
}

}  // namespace

void add_fuzz(CLI::App& app, int& status) {
  static FuzzOptions options;
  CLI::App* command =
      app.add_subcommand("fuzz", "random programs against the emulator, every byte compared");
  command->add_option("--device", options.device, "device URL")->capture_default_str();
  command->add_option("--seeds", options.seeds, "N or FIRST..LAST")->capture_default_str();
  command->add_flag("--faults", options.faults,
                    "broken programs, bus errors, resets, watchdogs; then a known job");
  command->add_flag("--json", options.json, "one JSON object");
  command->add_flag("--coverage", options.coverage, "list how often each feature was executed");
  command->add_option("--seconds", options.seconds, "end after so long; 0: at the last seed");
  command->add_option("--failures", options.failures, "end after so many")->capture_default_str();
  command->add_option("--save", options.save, "folder for shrunk cases")->capture_default_str();
  command->add_option("--shrink", options.shrink_runs, "most runs to shrink a failure")
      ->capture_default_str();
  command->add_option("--mutant", options.mutant, "run the device with a defect, to see it found");
  command->add_option("--replay", options.replays, "saved cases instead of seeds");
  command->add_option("--trace", options.trace, "with --replay: FST waveform of sim:tiny");
  command->callback(
      [&status] { status = options.replays.empty() ? Campaign(options).run() : replay(options); });
}

}  // namespace tinium::tools
