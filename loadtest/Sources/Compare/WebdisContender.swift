internal import Embedded
internal import EventLoop
internal import Foundation

/// Debian's webdis in front of a Redis of its own, the claim as one script call a request.
final class WebdisContender: Contender {
  static let title = "webdis"
  let name = WebdisContender.title

  /// Debian's configuration has two worker threads.
  static let threads = 2

  private let folder: String
  private let loop: EventLoop
  private let redis: RedisServer
  private let port: Int
  private var webdis: ChildProgram?
  private var script = ""
  private var users = 0
  private var expectsHolders = false

  /// - Parameter folder: an empty folder for configuration and data.
  init(folder: String, port: Int, fsync: RedisServer.Fsync, loop: EventLoop) {
    self.folder = folder
    self.port = port
    self.loop = loop
    redis = RedisServer(directory: "\(folder)/redis", options: .init(fsync: fsync))
  }

  func start() async throws(ScenarioError) {
    do {
      try await redis.start()
    } catch {
      throw ScenarioError("webdis' Redis: \(error)")
    }
    let configuration = """
      {"redis_host": "\(redis.socketPath)", "redis_port": 0, "http_host": "127.0.0.1",
       "http_port": \(port), "threads": \(Self.threads), "daemonize": false, "database": 0,
       "acl": [], "verbosity": 0, "logfile": "\(folder)/webdis.log"}
      """
    try OutputFile.write(configuration.utf8, to: "\(folder)/webdis.json")
    try OutputFile.write(
      PackageResources.webdis_requests_lua, to: "\(folder)/webdis-requests.lua")
    webdis = try await ChildProgram.start(
      ["webdis", "\(folder)/webdis.json"], log: "\(folder)/webdis.errors")
    try await load()
  }

  private func load() async throws(ScenarioError) {
    let source = String(decoding: PackageResources.webdis_claim_lua, as: UTF8.self)
    var last = ""
    for _ in 0..<100 {
      if let answer = try? await command("SCRIPT", "LOAD", source) {
        last = answer
        if let digest = answer.split(separator: "\"").first(where: { $0.count == 40 }) {
          script = String(digest)
          return
        }
      }
      try? await Task.sleep(for: .milliseconds(50))
    }
    throw ScenarioError("webdis did not load the script: \(last)")
  }

  /// Runs a Redis command through webdis.
  @discardableResult
  private func command(_ words: String...) async throws(ScenarioError) -> String {
    let path = words.map { Self.escaped($0) }.joined(separator: "/")
    let target = Target(url: "http://127.0.0.1:\(port)")!
    let loop = loop
    do {
      return try await loop.submit {
        try await HTTPClient(target: target, loop: loop).request("GET", "/" + path).body
      }
    } catch {
      throw ScenarioError("webdis: \(error)")
    }
  }

  private static func escaped(_ text: String) -> String {
    text.utf8.map { byte in
      let scalar = Unicode.Scalar(byte)
      let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || (48...57).contains(byte))
      return isPlain ? String(scalar) : String(format: "%%%02X", Int(byte))
    }.joined()
  }

  func prepare(_ load: CompareLoad) async throws(ScenarioError) -> WrkTask? {
    guard load == .winning || load == .soldOut else { return nil }
    try await command("FLUSHALL")
    try await command("SET", "left", load == .winning ? String(CompareLoad.plenty) : "0")
    users += 10_000_000
    expectsHolders = load == .winning
    return WrkTask(
      url: "http://127.0.0.1:\(port)", script: "\(folder)/webdis-requests.lua",
      environment: [
        "COMPARE_PREFIX": "/EVALSHA/\(script)/3/left/holders/facts/",
        "COMPARE_FIRST": String(users),
      ])
  }

  func processorSeconds() -> [String: Double] {
    func seconds(_ identifier: Int32?) -> Double {
      identifier.flatMap { ProcessorTime.ofProcess($0) } ?? 0
    }
    return ["API": seconds(webdis?.identifier), "Redis": seconds(redis.processIdentifier)]
  }

  /// wrk sees statuses only, and webdis answers 200 even when a script failed.
  func settle() async throws(ScenarioError) -> [String: Double] {
    guard expectsHolders else { return [:] }
    let answer = try await command("HLEN", "holders")
    guard let holders = Double(answer.filter(\.isNumber)), holders > 0 else {
      throw ScenarioError("webdis issued nothing: \(answer)")
    }
    return ["coupons issued": holders]
  }

  func stop() async {
    await webdis?.stop()
    await redis.stop()
  }
}
