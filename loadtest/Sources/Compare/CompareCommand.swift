internal import Embedded
internal import EventLoop
internal import Foundation

/// `spillway-loadtest compare`: Spillway and its peers side by side on this machine.
struct CompareCommand {
  static let options: [CommandArguments.Option] = [
    .init("suite", "NAME", "webdis, peers, fsync, growth, orders or routes (webdis)"),
    .init("seconds", "S", "length of one run (5)"),
    .init("rounds", "N", "how often every case is measured (3)"),
    .init("connections", "LIST", "keep-alive connections, separated by commas (of the suite)"),
    .init("loads", "LIST", "of the suite's loads, separated by commas (all)"),
    .init("users", "N", "tokens to make for Spillway (500000)"),
    .init(
      "peers", "LIST", "of redis-benchmark, webdis, nginx and fastapi, or none (of the suite)"),
    .init("fsync", "POLICY", "of all Redis: always or everysec (always)"),
    .init("spillway", "PATH", "the spillway executable (the one beside this)"),
    .init("python", "PATH", "for the FastAPI service (as scripts/setup bench makes it)"),
    .init("output", "FILE", "also write the Markdown there"),
  ]

  let suite: CompareSuite
  let comparison: Comparison
  let users: Int
  let peers: [Peer]
  private let program: String
  private let python: String?
  private let output: String?
  let fsync: RedisServer.Fsync

  /// - Throws: `UsageError`.
  init(_ arguments: CommandArguments) throws(UsageError) {
    if let word = arguments.positional.first { throw UsageError("unexpected \(word)") }
    guard let suite = CompareSuite(rawValue: arguments["suite"] ?? "webdis") else {
      throw UsageError("--suite must be webdis, peers, fsync, growth, orders or routes")
    }
    self.suite = suite
    comparison = Comparison(
      rounds: try arguments.integer("rounds", in: 1...100) ?? 3,
      seconds: try arguments.integer("seconds", in: 1...3600) ?? 5,
      connections: try Self.connections(arguments) ?? suite.connections,
      loads: try arguments["loads"].map(CompareLoad.list) ?? suite.loads
    ) { FileHandle.standardError.write(Data("\($0)\n".utf8)) }
    users = try arguments.integer("users", in: 1...LoadOptions.maximumUsers) ?? 500_000
    peers = try arguments["peers"].map(Peer.list) ?? suite.peers
    guard peers.isEmpty || !suite.peers.isEmpty else {
      throw UsageError("the suite \(suite.rawValue) has no peers")
    }
    program = arguments["spillway"] ?? "\(Self.ownFolder)/spillway"
    python = arguments["python"] ?? PeerProgram.python(above: Self.ownFolder)
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

  /// The folder that this program is in.
  private static var ownFolder: String {
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return own.deletingLastPathComponent().path
  }

  /// Measures and prints.
  ///
  /// - Throws: `ScenarioError`.
  func run() async throws {
    let folder =
      "\(NSTemporaryDirectory())/spillway-compare-\(ProcessInfo.processInfo.processIdentifier)"
    try ContenderFolder.make(folder)
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
    guard suite != .fsync else {
      return [RedisServer.Fsync.always, .everySecond].map { policy in
        SpillwayContender(
          name: CompareSuite.name(of: policy), program: program,
          folder: "\(folder)/\(policy.rawValue)", users: users, fsync: policy, loop: loop)
      }
    }
    var contenders: [any Contender] = [
      SpillwayContender(
        program: program, folder: "\(folder)/hot", users: users, fsync: fsync, loop: loop)
    ]
    if suite == .peers {
      contenders.append(
        SpillwayContender(
          name: CompareSuite.patient, program: program, folder: "\(folder)/ledger", users: users,
          fsync: fsync, acknowledge: "ledger", loop: loop))
    }
    let setting = Peer.Setting(
      folder: folder, connections: comparison.connections.max() ?? 1, users: users, python: python,
      fsync: fsync, loop: loop)
    return contenders + peers.flatMap { $0.contenders(setting) }
  }
}
