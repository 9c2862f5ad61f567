internal import Embedded
internal import EventLoop
internal import Foundation

/// `spillway-loadtest compare`: Spillway and its peers side by side on this machine.
struct CompareCommand {
  static let options: [CommandArguments.Option] = [
    .init("suite", "NAME", "webdis, fsync, growth, orders or routes (webdis)"),
    .init("seconds", "S", "length of one run (5)"),
    .init("rounds", "N", "how often every case is measured (3)"),
    .init("connections", "LIST", "keep-alive connections, separated by commas (of the suite)"),
    .init("loads", "LIST", "of the suite's loads, separated by commas (all)"),
    .init("users", "N", "tokens to make for Spillway (500000)"),
    .init("peers", "LIST", "webdis, or none (webdis)"),
    .init("fsync", "POLICY", "of all Redis: always or everysec (always)"),
    .init("spillway", "PATH", "the spillway executable (the one beside this)"),
    .init("port", "PORT", "where webdis listens (17379)"),
    .init("output", "FILE", "also write the Markdown there"),
  ]

  private let suite: CompareSuite
  private let comparison: Comparison
  private let users: Int
  private let withWebdis: Bool
  private let program: String
  private let port: Int
  private let output: String?
  private let fsync: RedisServer.Fsync

  /// - Throws: `UsageError`.
  init(_ arguments: CommandArguments) throws(UsageError) {
    if let word = arguments.positional.first { throw UsageError("unexpected \(word)") }
    guard let suite = CompareSuite(rawValue: arguments["suite"] ?? "webdis") else {
      throw UsageError("--suite must be webdis, fsync, growth, orders or routes")
    }
    self.suite = suite
    comparison = Comparison(
      rounds: try arguments.integer("rounds", in: 1...100) ?? 3,
      seconds: try arguments.integer("seconds", in: 1...3600) ?? 5,
      connections: try Self.connections(arguments) ?? suite.connections,
      loads: try arguments["loads"].map(CompareLoad.list) ?? suite.loads
    ) { FileHandle.standardError.write(Data("\($0)\n".utf8)) }
    users = try arguments.integer("users", in: 1...LoadOptions.maximumUsers) ?? 500_000
    guard ["webdis", "none"].contains(arguments["peers"] ?? "webdis") else {
      throw UsageError("--peers must be webdis or none")
    }
    withWebdis = suite == .webdis && arguments["peers"] != "none"
    program = arguments["spillway"] ?? Self.programBeside
    port = try arguments.integer("port", in: 1...65535) ?? 17379
    output = arguments["output"]
    let policy = arguments["fsync"] ?? RedisServer.Fsync.always.rawValue
    guard let fsync = RedisServer.Fsync(rawValue: policy), fsync != .never else {
      throw UsageError("--fsync must be always or everysec")
    }
    self.fsync = fsync
  }

  private static func connections(
    _ arguments: CommandArguments
  ) throws(UsageError) -> [Int]? {
    guard let text = arguments["connections"] else { return nil }
    let numbers = text.split(separator: ",").map { Int($0) ?? 0 }
    guard numbers.allSatisfy({ $0 > 0 }), !numbers.isEmpty else {
      throw UsageError("--connections must be numbers separated by commas")
    }
    return numbers
  }

  private static var programBeside: String {
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return own.deletingLastPathComponent().appendingPathComponent("spillway").path
  }

  /// Measures and prints.
  ///
  /// - Throws: `ScenarioError`.
  func run() async throws {
    let folder =
      "\(NSTemporaryDirectory())/spillway-compare-\(ProcessInfo.processInfo.processIdentifier)"
    // Readable for all: servers that run without root rights have to reach their folders.
    for part in ["webdis", "always", "everysec"] {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/\(part)", withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o755])
    }
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let loop = EventLoop.start(name: "compare")
    defer { loop.stop() }
    let contenders = contenders(in: folder, loop)
    let measurements = try await comparison.run(contenders)
    let text = CompareReport(
      measurements: measurements, preface: preface(),
      reference: suite.reference(connections: comparison.connections)
    ).render()
    print(text)
    if let output { try OutputFile.write(text.utf8, to: output) }
  }

  private func contenders(in folder: String, _ loop: EventLoop) -> [any Contender] {
    switch suite {
    case .webdis, .growth, .orders, .routes:
      let own = SpillwayContender(
        program: program, folder: folder, users: users, fsync: fsync, loop: loop)
      guard withWebdis else { return [own] }
      return [
        own, WebdisContender(folder: "\(folder)/webdis", port: port, fsync: fsync, loop: loop),
      ]
    case .fsync:
      return [RedisServer.Fsync.always, .everySecond].map { policy in
        SpillwayContender(
          name: CompareSuite.name(of: policy), program: program,
          folder: "\(folder)/\(policy.rawValue)", users: users, fsync: policy, loop: loop)
      }
    }
  }

  private func preface() -> [String] {
    func read(_ path: String) -> String {
      (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
    let model = read("/proc/cpuinfo").split(separator: "\n")
      .first { $0.hasPrefix("model name") }?.split(separator: ":").last
      .map { $0.trimmingCharacters(in: .whitespaces) }
    var lines = [
      "machine: \(ProcessInfo.processInfo.processorCount) processors, \(model ?? "unknown")",
      "system: \(ProcessInfo.processInfo.operatingSystemVersionString), kernel "
        + read("/proc/sys/kernel/osrelease").trimmingCharacters(in: .newlines),
      "date: \(Date().formatted(.iso8601))",
      "load: wrk, one thread, \(comparison.seconds) s a run, \(comparison.rounds) rounds in turn",
      "spillway: one API loop; the ledger is written meanwhile; tokens of \(users) users, HS256",
    ]
    if let commit { lines.insert("commit: \(commit)", at: 0) }
    if withWebdis {
      lines.append(
        "webdis: \(WebdisContender.threads) worker threads, one script call a request, no tokens")
    }
    let policy = suite == .fsync ? "as named" : fsync.rawValue
    return lines + ["every Redis: appendonly, appendfsync \(policy), Unix socket"]
  }

  /// The commit of the folder that this runs in, if it is a clone.
  private var commit: String? {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
    return process.terminationStatus == 0 && !text.isEmpty ? text : nil
  }
}
