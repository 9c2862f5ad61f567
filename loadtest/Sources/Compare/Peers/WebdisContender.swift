internal import Embedded
internal import EventLoop
internal import Foundation

/// Debian's webdis in front of a Redis of its own, the claim as one script call a request.
final class WebdisContender: Contender {
  static let title = "webdis"
  let name = WebdisContender.title

  /// Worker threads: one a processor.
  static var threads: Int { ProcessInfo.processInfo.processorCount }

  private let folder: String
  private let loop: EventLoop
  private let redis: ClaimRedis
  private var port = 0
  private var webdis: ChildProgram?
  private var numbers = NumberedUsers()
  private var expectsHolders = false

  private static let readyLimit = Duration.seconds(20)

  /// - Parameter folder: an empty folder for configuration and data.
  init(folder: String, fsync: RedisServer.Fsync, loop: EventLoop) {
    self.folder = folder
    self.loop = loop
    redis = ClaimRedis(folder: folder, fsync: fsync, loop: loop)
  }

  func start() async throws(ScenarioError) {
    try ContenderFolder.make(folder)
    try await redis.start()
    port = try LoopbackPort.free()
    try OutputFile.write(
      Self.configuration(port: port, socket: redis.server.socketPath, folder: folder).utf8,
      to: "\(folder)/webdis.json")
    try numbers.write(into: folder)
    let child = try await ChildProgram.start(
      [try PeerProgram.path("webdis"), "\(folder)/webdis.json"], log: "\(folder)/webdis.errors")
    webdis = child
    guard
      await LoopbackPort.isServed(port, within: Self.readyLimit, while: { child.isRunning })
    else { throw ScenarioError("webdis did not start") }
  }

  /// webdis' configuration: Debian's, with threads for this machine and the socket of a Redis of its own.
  static func configuration(port: Int, socket: String, folder: String) -> String {
    """
    {"redis_host": "\(socket)", "redis_port": 0, "http_host": "127.0.0.1",
     "http_port": \(port), "threads": \(threads), "daemonize": false, "database": 0,
     "acl": [], "verbosity": 0, "logfile": "\(folder)/webdis.log"}
    """
  }

  /// A claim's path up to the user.
  private var path: String {
    let keys = ClaimRedis.keys
    return "/EVALSHA/\(redis.digest)/\(keys.count)/\(keys.joined(separator: "/"))/"
  }

  func prepare(_ load: CompareLoad) async throws(ScenarioError) -> (any GeneratorTask)? {
    guard load == .winning || load == .soldOut else { return nil }
    try await redis.fill(for: load)
    let target = Target(url: "http://127.0.0.1:\(port)")!
    try await AnswerProbe(contender: name).check(load) { user throws(ScenarioError) in
      let answer = try await AnswerProbe.request("GET", path + user, at: target, on: loop)
      return PeerAnswer(webdis: answer.body)
    }
    expectsHolders = load == .winning
    return numbers.task(
      port: port, prefix: "GET \(path)", suffix: " HTTP/1.1|Host: webdis", folder: folder)
  }

  func processorSeconds() -> [String: Double] {
    [
      "API": webdis.flatMap { ProcessorTime.ofProcess($0.identifier) } ?? 0,
      "Redis": redis.processorSeconds,
    ]
  }

  /// wrk sees statuses only, and webdis answers 200 even when a script failed.
  func settle() async throws(ScenarioError) -> [String: Double] {
    guard expectsHolders else { return [:] }
    let issued = try await redis.issued()
    guard issued > AnswerProbe.users.count else { throw ScenarioError("webdis issued nothing") }
    return ["coupons issued": Double(issued)]
  }

  func stop() async {
    await webdis?.stop()
    await redis.stop()
  }
}
