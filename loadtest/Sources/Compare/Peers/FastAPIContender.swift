internal import Domain
internal import Embedded
internal import EventLoop
internal import Foundation
internal import Postgres
internal import Services

/// A FastAPI service as commonly written, with a Redis and a Postgres of its own.
final class FastAPIContender: Contender {
  static let title = "FastAPI"
  let name = FastAPIContender.title

  /// uvicorn's worker processes: one a processor.
  static var workers: Int { ProcessInfo.processInfo.processorCount }
  /// The most tokens that are made: more than it answers in a run of minutes.
  private static let maximumUsers = 500_000
  private static let readyLimit = Duration.seconds(60)

  private let folder: String
  private let python: String?
  private let loop: EventLoop
  private let users: Int
  private let redis: ClaimRedis
  private let postgres: PostgresServer
  private var port = 0
  private var service: ChildProgram?
  private var signer: TokenSigner?
  private var campaign: String?
  private var load: CompareLoad?

  /// - Parameters:
  ///   - folder: an empty folder for the service and its data.
  ///   - python: the interpreter of the environment with what the service imports.
  ///   - users: tokens to make; a run with more requests begins again with the first.
  init(folder: String, python: String?, users: Int, fsync: RedisServer.Fsync, loop: EventLoop) {
    self.folder = folder
    self.python = python
    self.loop = loop
    self.users = min(users, Self.maximumUsers)
    redis = ClaimRedis(folder: folder, fsync: fsync, loop: loop)
    postgres = PostgresServer(directory: "\(folder)/postgres")
  }

  func start() async throws(ScenarioError) {
    guard let python else {
      throw ScenarioError(
        "the service's Python environment is missing: run make setup-bench, or leave fastapi out")
    }
    try ContenderFolder.make(folder)
    try await redis.start()
    do {
      try await postgres.start()
    } catch {
      throw ScenarioError("the service's Postgres: \(error)")
    }
    _ = try await query(String(decoding: PackageResources.schema_sql, as: UTF8.self))
    let key = try writeFiles()
    port = try LoopbackPort.free()
    let child = try await ChildProgram.start(
      Self.command(python: python, port: port, folder: folder),
      environment: [
        "REDIS_URL": redis.server.url, "DATABASE_URL": postgres.url, "TOKEN_KEY": key,
        "PYTHONDONTWRITEBYTECODE": "1",
      ], log: "\(folder)/service.log")
    service = child
    guard
      await LoopbackPort.isServed(port, within: Self.readyLimit, while: { child.isRunning })
    else {
      let log = try? String(contentsOfFile: "\(folder)/service.log", encoding: .utf8)
      throw ScenarioError("the FastAPI service did not start: \(log?.suffix(2000) ?? "")")
    }
  }

  /// uvicorn with what its documentation names as fastest.
  static func command(python: String, port: Int, folder: String) -> [String] {
    [
      python, "-m", "uvicorn", "service:app", "--app-dir", folder, "--host", "127.0.0.1", "--port",
      String(port), "--workers", String(workers), "--loop", "uvloop", "--http", "httptools",
      "--no-access-log", "--log-level", "warning", "--backlog", "4096",
    ]
  }

  /// Writes the service, tokens and wrk's script; returns the key's secret in base64url.
  private func writeFiles() throws(ScenarioError) -> String {
    struct Key: Decodable { let k: String }
    try OutputFile.write(PackageResources.service_py, to: "\(folder)/service.py")
    try OutputFile.write(PackageResources.fastapi_claim_lua, to: "\(folder)/fastapi-claim.lua")
    try OutputFile.write(
      PackageResources.spillway_requests_lua, to: "\(folder)/spillway-requests.lua")
    do {
      let signer = try TokenSigner(key: DevelopmentKey.loadOrCreate(in: folder))
      self.signer = signer
      let file = URL(fileURLWithPath: "\(folder)/\(DevelopmentKey.fileName)")
      let key = try JSONDecoder().decode(Key.self, from: Data(contentsOf: file))
      var tokens: [UInt8] = []
      for number in 1...users {
        tokens.append(contentsOf: try SpillwayContender.token(signer, "U\(number)", .user).utf8)
        tokens.append(UInt8(ascii: "\n"))
      }
      try OutputFile.write(tokens, to: "\(folder)/tokens")
      return key.k
    } catch {
      throw error as? ScenarioError ?? ScenarioError("cannot make tokens: \(error)")
    }
  }

  func prepare(_ load: CompareLoad) async throws(ScenarioError) -> (any GeneratorTask)? {
    guard load == .winning || load == .soldOut else { return nil }
    let campaign = UUID().uuidString.lowercased()
    try await redis.send("FLUSHALL")
    try await redis.send(
      "SET", "campaign:\(campaign):left", load == .winning ? CompareLoad.plenty : 0)
    self.campaign = campaign
    self.load = load
    let path = "/v1/campaigns/\(campaign)/coupons"
    let target = Target(url: "http://127.0.0.1:\(port)")!
    let signer = signer
    try await AnswerProbe(contender: name).check(load) { user throws(ScenarioError) in
      guard let signer else { throw ScenarioError("FastAPI is not started") }
      let token = try SpillwayContender.token(signer, user, .user)
      let answer = try await AnswerProbe.request(
        "POST", path, headers: [("Authorization", "Bearer \(token)")], at: target, on: loop)
      return PeerAnswer(status: answer.status, body: answer.body)
    }
    return WrkTask(
      url: "http://127.0.0.1:\(port)", script: "\(folder)/spillway-requests.lua",
      environment: [
        "COMPARE_PREFIX":
          "POST \(path) HTTP/1.1|Host: fastapi|Content-Length: 0|Authorization: Bearer ",
        "COMPARE_TOKENS": "\(folder)/tokens",
      ], wantsRefusals: load == .soldOut)
  }

  func processorSeconds() -> [String: Double] {
    [
      "API": service.map { ProcessTree.processorSeconds(of: $0.identifier) } ?? 0,
      "Redis": redis.processorSeconds,
      "Postgres": postgres.processIdentifier.map { ProcessTree.processorSeconds(of: $0) } ?? 0,
    ]
  }

  /// Every coupon that Redis gave away has its row, but for those on their way when wrk hung up.
  func settle() async throws(ScenarioError) -> [String: Double] {
    guard load == .winning, let campaign else { return [:] }
    let rows = try await query("select count(*) from coupons where campaign_id = '\(campaign)'")
    guard let rows, rows > AnswerProbe.users.count else {
      throw ScenarioError("FastAPI issued nothing")
    }
    return ["coupons issued": Double(rows)]
  }

  /// Runs one statement on a connection of its own; returns the first number of its first row.
  private func query(_ text: String) async throws(ScenarioError) -> Int? {
    let (url, loop) = (postgres.url, loop)
    do {
      return try await loop.submit {
        let pool = try await PostgresPool.ready(url: url, loop: loop)
        defer { pool.close() }
        let rows = try await pool.query(Statement(unprepared: text))
        return rows.isEmpty ? nil : try rows[0].decode(0, as: Int.self)
      }
    } catch {
      throw ScenarioError("the service's Postgres: \(error)")
    }
  }

  func stop() async {
    await service?.stop()
    await redis.stop()
    await postgres.stop()
  }
}
