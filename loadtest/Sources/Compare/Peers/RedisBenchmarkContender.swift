internal import Embedded
internal import EventLoop
internal import Foundation

/// The plain claim straight in Redis, asked for by redis-benchmark over the Unix socket: what the decision
/// costs with nothing in front of it.
final class RedisBenchmarkContender: Contender {
  /// Calls that go out together in the pipelined form.
  static let depth = 32
  /// Its threads: half of the processors, so that Redis has one to itself wherever there are two.
  static var threads: Int { max(1, ProcessInfo.processInfo.processorCount / 2) }

  static func title(pipeline: Int) -> String {
    pipeline == 1 ? "redis-benchmark" : "redis-benchmark, \(pipeline) a time"
  }

  let name: String

  private let folder: String
  private let pipeline: Int
  private let redis: ClaimRedis
  private var load: CompareLoad?

  /// - Parameters:
  ///   - folder: an empty folder for its data.
  ///   - pipeline: how many calls go out on a connection before their answers are waited for.
  init(folder: String, pipeline: Int, fsync: RedisServer.Fsync, loop: EventLoop) {
    self.folder = folder
    self.pipeline = pipeline
    name = Self.title(pipeline: pipeline)
    redis = ClaimRedis(folder: folder, fsync: fsync, loop: loop)
  }

  func start() async throws(ScenarioError) {
    _ = try PeerProgram.path("redis-benchmark")
    try ContenderFolder.make(folder)
    try await redis.start()
  }

  func prepare(_ load: CompareLoad) async throws(ScenarioError) -> (any GeneratorTask)? {
    guard load == .winning || load == .soldOut else { return nil }
    try await redis.fill(for: load)
    try await AnswerProbe(contender: name).check(load) { user throws(ScenarioError) in
      try await redis.claim(for: user)
    }
    self.load = load
    return RedisBenchmarkTask(
      socket: redis.server.socketPath, digest: redis.digest, pipeline: pipeline,
      threads: Self.threads)
  }

  func processorSeconds() -> [String: Double] { ["Redis": redis.processorSeconds] }

  /// redis-benchmark does not look at answers, so Redis is asked what they were.
  func settle() async throws(ScenarioError) -> [String: Double] {
    let issued = try await redis.issued()
    if load == .winning, issued <= AnswerProbe.users.count {
      throw ScenarioError("\(name): Redis issued nothing")
    }
    return load == .winning ? ["coupons issued": Double(issued)] : [:]
  }

  func stop() async { await redis.stop() }
}
