internal import Embedded
internal import EventLoop
internal import Foundation

/// `spillway-loadtest compare`: Spillway and its peers side by side on this machine.
struct CompareCommand {
  static let options: [CommandArguments.Option] = [
    .init("suite", "NAME", "\(CompareSuite.names) (webdis)"),
    .init("seconds", "S", "length of one run (5)"),
    .init("rounds", "N", "how often every case is measured (3, of objectives 5)"),
    .init("connections", "LIST", "keep-alive connections, separated by commas (of the suite)"),
    .init("loads", "LIST", "of the suite's loads, separated by commas (all)"),
    .init("users", "N", "tokens to make for Spillway (500000)"),
    .init(
      "peers", "LIST", "of redis-benchmark, webdis, nginx and fastapi, or none (of the suite)"),
    .init("fsync", "POLICY", "of all Redis: always or everysec (always)"),
    .init("spillway", "PATH", "the spillway executable (the one beside this)"),
    .init("python", "PATH", "for the FastAPI service (as scripts/setup bench makes it)"),
    .init("gate", nil, "of the suite objectives: fail when an aim that was measured is missed"),
    .init("output", "FILE", "also write the Markdown there"),
    .init("json", "FILE", "and every run as JSON"),
  ]

  let suite: CompareSuite
  let comparison: Comparison
  let users: Int
  let peers: [Peer]
  private let program: String
  private let python: String?
  private let isGate: Bool
  private let output: String?
  private let json: String?
  private let command: [String]
  let fsync: RedisServer.Fsync

  /// - Throws: `UsageError`.
  init(_ arguments: CommandArguments) throws(UsageError) {
    if let word = arguments.positional.first { throw UsageError("unexpected \(word)") }
    guard let suite = CompareSuite(rawValue: arguments["suite"] ?? "webdis") else {
      throw UsageError("--suite must be \(CompareSuite.names)")
    }
    self.suite = suite
    comparison = Comparison(
      rounds: try arguments.integer("rounds", in: 1...100) ?? suite.rounds,
      seconds: try arguments.integer("seconds", in: 1...3600) ?? 5,
      connections: try Self.connections(arguments) ?? suite.connections,
      loads: try arguments["loads"].map(CompareLoad.list) ?? suite.loads,
      measures: { suite.measures($0, $1) },
      announce: { FileHandle.standardError.write(Data("\($0)\n".utf8)) })
    guard suite != .objectives || comparison.connections.count == 1 else {
      throw UsageError("the objectives are about one number of connections")
    }
    users = try arguments.integer("users", in: 1...LoadOptions.maximumUsers) ?? 500_000
    peers = try arguments["peers"].map(Peer.list) ?? suite.peers
    guard peers.isEmpty || !suite.peers.isEmpty else {
      throw UsageError("the suite \(suite.rawValue) has no peers")
    }
    program = arguments["spillway"] ?? "\(BuiltProgram.folder)/spillway"
    python = arguments["python"] ?? PeerProgram.python(above: BuiltProgram.folder)
    isGate = arguments.has("gate")
    guard !isGate || suite == .objectives else {
      throw UsageError("--gate is for the suite objectives: the others have no aims")
    }
    output = arguments["output"]
    json = arguments["json"]
    command = ["compare"] + arguments.words
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
    let range = 1...LoadOptions.maximumConnections
    guard numbers.allSatisfy(range.contains), !numbers.isEmpty else {
      throw UsageError(
        "--connections must be numbers up to \(range.upperBound), separated by commas")
    }
    return numbers
  }

  /// Measures and prints.
  ///
  /// - Returns: false when an aim was missed and that is asked about.
  /// - Throws: `ScenarioError`; `UsageError` where not so many connections can be open.
  func run() async throws -> Bool {
    try FileLimit.raise(toServe: comparison.loads.compactMap(\.connections).max() ?? 0)
    let provenance = Provenance.here(servers: Provenance.installedServers())
    let folder =
      "\(NSTemporaryDirectory())/spillway-compare-\(ProcessInfo.processInfo.processIdentifier)"
    try ContenderFolder.make(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let loop = EventLoop.start(name: "compare")
    defer { loop.stop() }
    let measurements = try await comparison.run(contenders(in: folder, loop))
    let aims = suite == .objectives ? AimTable(measurements) : nil
    try tell(measurements, aims, provenance)
    guard isGate, let missed = aims?.missed else { return true }
    for aim in missed { print("MISSED: \(aim)") }
    return missed.isEmpty
  }

  /// Prints the report, and writes it to the files that were named.
  private func tell(
    _ measurements: [Comparison.Measurement], _ aims: AimTable?, _ provenance: Provenance
  ) throws {
    let line = "command: `spillway-loadtest \(command.joined(separator: " "))`"
    let text = CompareReport(
      measurements: measurements, preface: [line] + provenance.lines() + conditions(),
      reference: suite.reference(connections: comparison.connections), aims: aims
    ).render()
    print(text)
    if let output { try OutputFile.write(text.utf8, to: output) }
    guard let json else { return }
    let report = CompareJSON(
      command: command, provenance: provenance, suite: suite.rawValue, conditions: conditions(),
      runs: measurements.map(CompareJSON.Run.init), aims: aims?.rows)
    try OutputFile.write(JSONText.encode(report), to: json)
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
