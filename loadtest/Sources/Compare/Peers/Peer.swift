internal import Embedded
internal import EventLoop

/// What Spillway is measured beside.
enum Peer: String, CaseIterable, Sendable {
  case redisBenchmark = "redis-benchmark"
  case webdis
  case nginx
  case fastapi

  /// Those of a list, separated by commas; none for the word `none`.
  ///
  /// - Throws: `UsageError` for a word that is none of them.
  static func list(_ text: String) throws(UsageError) -> [Peer] {
    if text == "none" { return [] }
    var peers: [Peer] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let peer = Peer(rawValue: String(word)), !peers.contains(peer) else {
        let known = allCases.map(\.rawValue).joined(separator: ", ")
        throw UsageError("--peers must be of \(known), each once, or none")
      }
      peers.append(peer)
    }
    return peers
  }

  /// What a report has to say about it.
  var summary: String {
    switch self {
    case .redisBenchmark:
      "redis-benchmark: \(RedisBenchmarkContender.threads) threads, the same script straight in Redis, one call at "
        + "a time on each connection and \(RedisBenchmarkContender.depth) at a time; users at random, no tokens"
    case .webdis:
      "webdis: \(WebdisContender.threads) worker threads, one script call a request, no tokens"
    case .nginx:
      "nginx with Lua: \(NginxContender.workers) workers, pooled connections, one EVALSHA a request, "
        + "no tokens"
    case .fastapi:
      "FastAPI: uvicorn with uvloop and httptools, \(FastAPIContender.workers) workers, a token's check, "
        + "one script call and one INSERT a request; \(Self.versions)"
    }
  }

  /// The versions that `requirements.txt` pins of what the service is made of.
  private static var versions: String {
    let wanted = ["fastapi", "uvicorn", "redis", "asyncpg", "pyjwt"]
    return String(decoding: PackageResources.requirements_txt, as: UTF8.self)
      .split(separator: "\n").map { $0.replacing("==", with: " ") }
      .filter { line in wanted.contains { line.lowercased().hasPrefix("\($0) ") } }
      .joined(separator: ", ")
  }

  /// What a contender is made from.
  struct Setting {
    /// An empty folder.
    let folder: String
    /// The most connections that a run has.
    let connections: Int
    /// Tokens to make.
    let users: Int
    /// The interpreter for the FastAPI service, if there is one.
    let python: String?
    let fsync: RedisServer.Fsync
    let loop: EventLoop
  }

  /// The contenders that stand for it.
  func contenders(_ setting: Setting) -> [any Contender] {
    let (folder, fsync, loop) = (setting.folder, setting.fsync, setting.loop)
    switch self {
    case .redisBenchmark:
      return [1, RedisBenchmarkContender.depth].map {
        RedisBenchmarkContender(
          folder: "\(folder)/redis-benchmark-\($0)", pipeline: $0, fsync: fsync, loop: loop)
      }
    case .webdis:
      return [WebdisContender(folder: "\(folder)/webdis", fsync: fsync, loop: loop)]
    case .nginx:
      return [
        NginxContender(
          folder: "\(folder)/nginx", connections: setting.connections, fsync: fsync, loop: loop)
      ]
    case .fastapi:
      return [
        FastAPIContender(
          folder: "\(folder)/fastapi", python: setting.python, users: setting.users, fsync: fsync,
          loop: loop)
      ]
    }
  }
}
