internal import HotPath
internal import Redis

/// Finds the keys of cells by walks through all keys of their server, each for all cells that ask meanwhile.
/// Loop-confined.
///
/// A server has the keys of all cells in one table: with a walk for each cell, as many cells as were closed by the
/// server's restart would read all of it as many times.
final class KeyWalk {
  /// What is done with names that were found.
  typealias Taker = ([[UInt8]]) async throws(ReconcilerError) -> Void

  /// A cell whose keys are looked for.
  private final class Seeker {
    let keys: CellKeys
    let runID: String
    let take: Taker
    private(set) var result: Result<Void, ReconcilerError>?
    private var waiter: CheckedContinuation<Void, Never>?

    init(_ keys: CellKeys, on runID: String, _ take: @escaping Taker) {
      self.keys = keys
      self.runID = runID
      self.take = take
    }

    func end(_ result: Result<Void, ReconcilerError>) {
      guard self.result == nil else { return }
      self.result = result
      waiter?.resume()
      waiter = nil
    }

    func wait() async throws(ReconcilerError) {
      if result == nil { await withCheckedContinuation { waiter = $0 } }
      try result!.get()
    }
  }

  private static let beginning = "spillway:{"

  private let redis: RedisClient
  private let limits: ReconcilerLimits
  /// Those who have asked since the walk under way began.
  private var waiting: [Seeker] = []
  private var isWalking = false

  init(_ redis: RedisClient, _ limits: ReconcilerLimits) {
    self.redis = redis
    self.limits = limits
  }

  /// Goes through all keys that the cell has now; `take` gets each at least once.
  ///
  /// - Throws: what `take` throws; `.overtaken` when another server than `runID` answers.
  func find(
    _ keys: CellKeys, on runID: String, _ take: @escaping Taker
  ) async throws(ReconcilerError) {
    let seeker = Seeker(keys, on: runID, take)
    waiting.append(seeker)
    if !isWalking {
      isWalking = true
      redis.loop.spawn { await self.run() }
    }
    try await seeker.wait()
  }

  private func run() async {
    while !waiting.isEmpty {
      let seekers = Dictionary(grouping: waiting) { $0.keys.cell.text }
      waiting = []
      do {
        try await walk(for: seekers)
        for seeker in seekers.values.joined() { seeker.end(.success(())) }
      } catch {
        for seeker in seekers.values.joined() { seeker.end(.failure(error)) }
      }
    }
    isWalking = false
  }

  private func walk(for seekers: [String: [Seeker]]) async throws(ReconcilerError) {
    var pattern = "\(Self.beginning)*"
    if seekers.count == 1, let cell = seekers.keys.first { pattern = "\(Self.beginning)\(cell)}:*" }
    var position = "0"
    repeat {
      let from = position
      let page = try await Reconciler.redis { () async throws(RedisError) in
        try await redis.send(
          RedisCommand("SCAN", from, "MATCH", pattern, "COUNT", limits.loadChunk))
      }
      // A position means nothing to another server.
      for seeker in seekers.values.joined() where redis.runID != seeker.runID {
        seeker.end(.failure(.overtaken))
      }
      position = page[0].text ?? "0"
      let names = (page[1].array ?? []).compactMap(\.bytes)
      for (cell, found) in Dictionary(grouping: names, by: Self.cell) {
        for seeker in seekers[cell] ?? [] where seeker.result == nil {
          do {
            try await seeker.take(found)
          } catch {
            seeker.end(.failure(error))
          }
        }
      }
    } while position != "0" && seekers.values.joined().contains(where: { $0.result == nil })
  }

  /// The cell whose key it is.
  private static func cell(of name: [UInt8]) -> String {
    let rest = name.dropFirst(beginning.utf8.count)
    return String(decoding: rest.prefix { $0 != UInt8(ascii: "}") }, as: UTF8.self)
  }
}
