// SPDX-License-Identifier: Apache-2.0
//
// The command line: exit statuses, messages that name the cause, JSON, files that are missing or
// damaged. Runs on the emulator.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace tinium {
namespace {

struct Outcome {
  int status = -1;
  std::string text;  ///< standard output and standard error
};

Outcome tinium(const std::string& arguments) {
  Outcome outcome;
  const std::string command = std::string(TINIUM_BINARY) + " " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> buffer{};
  std::size_t length = 0;
  while ((length = fread(buffer.data(), 1, buffer.size(), pipe)) > 0) {
    outcome.text.append(buffer.data(), length);
  }
  const int status = pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

/// A folder for this process, gone at the end.
class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() /
              ("tinium_cli_test_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

void expect(const Outcome& outcome, int status, const std::string& part) {
  EXPECT_EQ(outcome.status, status) << outcome.text;
  EXPECT_NE(outcome.text.find(part), std::string::npos) << "looked for: " << part << "\n"
                                                        << outcome.text;
}

TEST(Cli, UsageIsStatusTwo) {
  expect(tinium(""), 2, "subcommand");
  expect(tinium("dance"), 2, "subcommand");
  expect(tinium("info --speed"), 2, "--speed");
  expect(tinium("bench gemm --m many"), 2, "many");
  expect(tinium("demo digits --batch 0"), 2, "--batch");
  expect(tinium("--help"), 0, "demo");
  expect(tinium("--version"), 0, "emu:small");
}

TEST(Cli, ErrorsAreStatusThreeAndNameTheCause) {
  expect(tinium("info --device gpu:0"), 3, "url=\"gpu:0\"");
  expect(tinium("info --device emu:huge"), 3, "configuration=\"huge\"");
  expect(tinium("bench gemm --device emu:tiny --m 0"), 3, "m=0");
  expect(tinium("bench gemm --device emu:tiny --n 1048577"), 3, "n=1048577");
  expect(tinium("bench gemm --device emu:tiny --dtype bf17"), 3, "--dtype=\"bf17\"");
  expect(tinium("bench gemm --device emu:tiny --m 8 --n 8 --k 8 --output int8"), 3,
         "bf16 x bf16 -> int8");
  expect(tinium("disasm /no/such/file"), 3, "file=/no/such/file");
  expect(tinium("demo digits --device emu:small --data /no/such/folder"), 3, "/no/such/folder");
}

TEST(Cli, InfoAndBenchSpeakJson) {
  const auto info = nlohmann::json::parse(tinium("info --device emu:small --json").text);
  EXPECT_EQ(info["partitions"], 128);
  EXPECT_EQ(info["array_cols"], 16);
  EXPECT_EQ(info["formats"].size(), 7u);
  const Outcome outcome = tinium("bench gemm --device emu:small -m 33 -n 20 -k 70 --check --json");
  EXPECT_EQ(outcome.status, 0);
  const auto bench = nlohmann::json::parse(outcome.text);
  EXPECT_EQ(bench["m"], 33);
  EXPECT_EQ(bench["bit_exact"], true);
  EXPECT_EQ(bench["checked"], true);
  for (const char* key :
       {"n", "k", "dtype", "device", "config", "array_rows", "array_cols", "cycles",
        "mac_per_cycle", "utilization", "host_seconds", "mac_per_cpu_second"}) {
    EXPECT_TRUE(bench.contains(key)) << key;
  }
}

TEST(Cli, DigitsOnTheEmulator) {
  for (const char* device : {"emu:small", "emu:tiny --batch 37", "emu:u55c --batch 512"}) {
    const Outcome outcome = tinium(std::string("demo digits --device ") + device);
    expect(outcome, 0, "3600 of 3600 logits");
    expect(outcome, 0, "PASS");
    expect(outcome, 0, "351 of 360");
  }
}

TEST(Cli, DamagedDataIsNamed) {
  Folder folder;
  const auto copy = [&](const char* name) {
    std::filesystem::copy_file(std::string(TINIUM_DATA_DIR "/digits/") + name, folder.file(name),
                               std::filesystem::copy_options::overwrite_existing);
  };
  const std::string run = "demo digits --device emu:small --data " + folder.path();
  for (const char* name : {"digits.csv.gz", "weights.bin", "reference.json"}) {
    expect(tinium(run), 3, name);  // missing
    copy(name);
  }
  EXPECT_EQ(tinium(run).status, 0);
  for (const char* name : {"digits.csv.gz", "weights.bin", "reference.json"}) {
    std::filesystem::resize_file(folder.file(name),
                                 std::filesystem::file_size(folder.file(name)) / 2);
    expect(tinium(run), 3, name);
    copy(name);
  }
  std::fstream weights(folder.file("weights.bin"), std::ios::in | std::ios::out | std::ios::binary);
  weights.seekp(5000);
  weights.put('\x55');
  weights.close();
  expect(tinium(run), 3, "CRC-32");
}

TEST(Cli, AssemblesAndDisassembles) {
  Folder folder;
  const std::string text = folder.file("program.s");
  const std::string image = folder.file("program.bin");
  std::ofstream(text) << ".partitions 128\n.stream sync\nSetReg rd=1 imm=7\nHalt\n";
  EXPECT_EQ(tinium("asm " + text + " -o " + image).status, 0);
  expect(tinium("disasm " + image), 0, "SetReg rd=1 imm=7");
  std::ofstream(text) << ".partitions 128\n.stream sync\nJump\n";
  expect(tinium("asm " + text + " -o " + image), 3, "line=3 word=\"Jump\"");
  std::filesystem::resize_file(image, 100);
  expect(tinium("disasm " + image), 3, "truncated");
  expect(tinium("asm " + text), 2, "--output");
  expect(tinium("asm " + text + " -o /no/such/folder/x"), 3, "line=3");
}

TEST(Cli, RunsAProgramOnFiles) {
  Folder folder;
  const std::string text = folder.file("copy.s");
  const std::string image = folder.file("copy.bin");
  const std::string input = folder.file("input");
  const std::string output = folder.file("output");
  std::ofstream(text) << ".partitions 32\n.stream sync\n"
                         "DmaLoad row_bytes=5 num1=1 update0_op=add update0_event=complete "
                         "update0_value=1\n"
                         "DmaStore slot=1 row_bytes=5 num1=1 wait0_cond=ge wait0_value=1\nHalt\n";
  std::ofstream(input) << "hello";
  ASSERT_EQ(tinium("asm " + text + " -o " + image).status, 0);
  const std::string run = "run " + image + " --device emu:tiny";
  const std::string in = " --slot in:" + input;
  expect(tinium(run + in + " --slot out:5:" + output), 0, "3 instructions");
  std::string copied;
  std::ifstream(output) >> copied;
  EXPECT_EQ(copied, "hello");
  expect(tinium(run + in + " --slot out:4:" + output), 3, "closed_window of dma_store");
  expect(tinium(run + " --slot in:/no/such/file"), 3, "file=/no/such/file");
  expect(tinium(run + " --slot both:x"), 3, "slot=\"both:x\"");
  expect(tinium(run + " --slot out:many:x"), 3, "slot=\"out:many:x\"");
  expect(tinium("run " + image + " --device emu:small"), 3, "image partitions=32");
}

TEST(Cli, VersionSaysWhatTheBuildIs) {
  for (const char* part : {"tinium 0.", "git ", "map version 2.0", "Verilator ",
                           "configurations: tiny", "devices: emu:tiny"}) {
    expect(tinium("--version"), 0, part);
  }
}

TEST(Cli, ChecksProgramsForRacesAndDeadlocks) {
  Folder folder;
  const std::string text = folder.file("program.s");
  const std::string image = folder.file("program.bin");
  const std::string load = "DmaLoad row_bytes=64 num1=32 partition_step1=1 dram_step1=64 ";
  const std::string store = "DmaStore slot=1 row_bytes=64 num1=32 partition_step1=1 dram_step1=64 ";
  const std::string update = "update0_op=add update0_event=complete update0_value=1\n";
  const auto check = [&](const std::string& program) {
    std::ofstream(text) << ".partitions 32\n.stream sync\n" << program << "\nHalt\n";
    EXPECT_EQ(tinium("asm " + text + " -o " + image).status, 0);
    return tinium("check " + image);
  };
  expect(check(load + update + store + "wait0_cond=ge wait0_value=1"), 0, "no races, no deadlock");
  expect(check(load + "\n" + store), 1, "race: SBUF partitions 0..31 bytes 0x0..0x3f");
  expect(check(store + "wait0_sem=9 wait0_cond=ge wait0_value=1"), 3, "[semaphore 9 is 0]");
  expect(tinium("check /no/such/file"), 3, "file=/no/such/file");
}

TEST(Cli, TracesAProduct) {
  Folder folder;
  const std::string json = folder.file("trace.json");
  const std::string svg = folder.file("trace.svg");
  const Outcome outcome =
      tinium("trace gemm --device emu:tiny -m 40 -n 50 -k 60 -o " + json + " --svg " + svg);
  expect(outcome, 0, "written: " + json + ", " + svg);
  std::ifstream file(json);
  const auto trace = nlohmann::json::parse(file);
  std::set<std::string> names;
  for (const auto& event : trace["traceEvents"]) names.insert(event["name"]);
  for (const char* name : {"build program", "launch", "read trace"}) {
    EXPECT_EQ(names.count(name), 1u) << name;
  }
  if (trace["otherData"]["trace_events"] != 0) {
    for (const char* name : {"DmaLoad", "MultiplyMoving", "TensorScalar", "DmaStore"}) {
      EXPECT_EQ(names.count(name), 1u) << name;
    }
  }
  EXPECT_GT(std::filesystem::file_size(svg), 1000u);
  const std::string run = "trace gemm --device emu:tiny -m 8 -n 8 -k 8 ";
  expect(tinium(run + "--ring 100 -o " + json), 3, "--ring=100");
  expect(tinium(run + "--dtype bf17 -o " + json), 3, "--dtype=\"bf17\"");
  expect(tinium(run + "-o /no/such/folder/x"), 3, "file=/no/such/folder/x");
  expect(tinium("trace"), 2, "subcommand");
}

TEST(Cli, TracesAProgramOnFiles) {
  Folder folder;
  const std::string text = folder.file("copy.s");
  const std::string image = folder.file("copy.bin");
  std::ofstream(text) << ".partitions 32\n.stream sync\n"
                         "DmaLoad row_bytes=5 update0_op=add update0_event=complete "
                         "update0_value=1\n"
                         "DmaStore slot=1 row_bytes=5 wait0_cond=ge wait0_value=1\nHalt\n";
  std::ofstream(folder.file("in")) << "hello";
  ASSERT_EQ(tinium("asm " + text + " -o " + image).status, 0);
  expect(tinium("trace run " + image + " --device emu:tiny --slot in:" + folder.file("in") +
                " --slot out:5:" + folder.file("out") + " -o " + folder.file("t.json")),
         0, "written: ");
  std::string copied;
  std::ifstream(folder.file("out")) >> copied;
  EXPECT_EQ(copied, "hello");
  expect(tinium("run " + image + " --device emu:tiny --profile --slot in:" + folder.file("in") +
                " --slot out:5:" + folder.file("out")),
         0, "semaphore");
  expect(tinium("run " + image + " --device emu:tiny --slot out:0:x"), 3, "slot=\"out:0:x\"");
}

}  // namespace
}  // namespace tinium
