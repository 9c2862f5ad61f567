internal import Embedded
internal import EventLoop
internal import Foundation
internal import Glibc

/// nginx with Lua in front of a Redis of its own, the plain claim by EVALSHA.
final class NginxContender: Contender {
  static let title = "nginx with Lua"
  let name = NginxContender.title

  /// Where Debian keeps nginx's modules.
  static let modules = "/usr/lib/nginx/modules"
  /// Debian's lua-resty-redis.
  static let library = "/usr/share/lua/5.1/nginx/redis.lua"

  private let folder: String
  private let loop: EventLoop
  private let redis: ClaimRedis
  private let connections: Int
  private var port = 0
  private var nginx: ChildProgram?
  private var numbers = NumberedUsers()
  private var expectsHolders = false

  private static let readyLimit = Duration.seconds(20)

  /// - Parameters:
  ///   - folder: an empty folder for configuration and data.
  ///   - connections: the most that a run has.
  init(folder: String, connections: Int, fsync: RedisServer.Fsync, loop: EventLoop) {
    self.folder = folder
    self.connections = connections
    self.loop = loop
    redis = ClaimRedis(folder: folder, fsync: fsync, loop: loop)
  }

  /// What is missing to run it; nil when all is there.
  static var missing: String? {
    let files = ["\(modules)/ngx_http_lua_module.so", library]
    if let file = files.first(where: { access($0, R_OK) != 0 }) { return file }
    return PeerProgram.find("nginx") == nil ? "nginx" : nil
  }

  func start() async throws(ScenarioError) {
    if let missing = Self.missing {
      throw ScenarioError("\(missing) is missing: run make setup-bench, or leave nginx out")
    }
    try ContenderFolder.make(folder)
    try await redis.start()
    port = try LoopbackPort.free()
    let configuration = try Self.configuration(
      port: port, socket: redis.server.socketPath, digest: redis.digest, folder: folder,
      connections: connections)
    try OutputFile.write(configuration.utf8, to: "\(folder)/nginx.conf")
    try OutputFile.write(PackageResources.nginx_claim_lua, to: "\(folder)/nginx-claim.lua")
    try numbers.write(into: folder)
    let child = try await ChildProgram.start(
      [
        try PeerProgram.path("nginx"), "-p", folder, "-e", "\(folder)/error.log", "-c",
        "\(folder)/nginx.conf",
      ], log: "\(folder)/nginx.errors")
    nginx = child
    guard
      await LoopbackPort.isServed(port, within: Self.readyLimit, while: { child.isRunning })
    else {
      let log = try? String(contentsOfFile: "\(folder)/error.log", encoding: .utf8)
      throw ScenarioError("nginx did not start: \(log ?? "")")
    }
  }

  /// Worker processes: one a processor.
  static var workers: Int { ProcessInfo.processInfo.processorCount }

  /// nginx's configuration.
  ///
  /// - Parameter connections: the most that a run has; each worker may keep as many to Redis.
  /// - Throws: `ScenarioError`.
  static func configuration(
    port: Int, socket: String, digest: String, folder: String, connections: Int
  ) throws(ScenarioError) -> String {
    // Redis' socket is for its own user and for root; only root may say whom workers run as.
    try ConfigurationTemplate(PackageResources.nginx_conf).filled([
      "modules": modules, "user": geteuid() == 0 ? "user root;" : "", "folder": folder,
      "workers": String(workers), "socket": socket, "digest": digest, "pool": String(connections),
      "port": String(port),
    ])
  }

  func prepare(_ load: CompareLoad) async throws(ScenarioError) -> (any GeneratorTask)? {
    guard load == .winning || load == .soldOut else { return nil }
    try await redis.fill(for: load)
    let target = Target(url: "http://127.0.0.1:\(port)")!
    try await AnswerProbe(contender: name).check(load) { user throws(ScenarioError) in
      let answer = try await AnswerProbe.request(
        "POST", "/coupons?user=\(user)", at: target, on: loop)
      return PeerAnswer(status: answer.status, body: answer.body)
    }
    expectsHolders = load == .winning
    var task = numbers.task(
      port: port, prefix: "POST /coupons?user=",
      suffix: " HTTP/1.1|Host: nginx|Content-Length: 0", folder: folder)
    task.wantsRefusals = load == .soldOut
    return task
  }

  func processorSeconds() -> [String: Double] {
    [
      "API": nginx.map { ProcessTree.processorSeconds(of: $0.identifier) } ?? 0,
      "Redis": redis.processorSeconds,
    ]
  }

  func settle() async throws(ScenarioError) -> [String: Double] {
    guard expectsHolders else { return [:] }
    let issued = try await redis.issued()
    guard issued > AnswerProbe.users.count else { throw ScenarioError("nginx issued nothing") }
    return ["coupons issued": Double(issued)]
  }

  func stop() async {
    await nginx?.stop()
    await redis.stop()
  }
}
