internal import Domain
internal import HotPath
internal import Redis

extension RoomPacing {
  /// Rates that follow what the servers behind each room bear, where operators let them.
  public static let steered = RoomPacing(rate: { _ in SteeredRate() }) { room, keys, redis in
    guard room.terms.adaptive != nil else { return nil }
    return try? await load(keys, redis)
  }

  /// What nodes told longer ago than this, in milliseconds, is no news.
  static let newsMilliseconds = 2_500
  /// What is older is a node's that is gone.
  static let goneMilliseconds = 60_000

  /// The sum of what all nodes told of the last second; nil if none did.
  private static func load(
    _ keys: RoomKeys, _ redis: RedisClient
  ) async throws(RedisError) -> AdmissionController.Reading.Load? {
    let told = try await redis.send(RedisCommand("HGETALL", keys.load)).array ?? []
    guard !told.isEmpty else { return nil }
    let time = try await redis.send(RedisCommand("TIME"))
    let now = (time[0].integer ?? 0) * 1000 + (time[1].integer ?? 0) / 1000
    var sum: AnswerTimes?
    var gone: [[UInt8]] = []
    for index in stride(from: 0, to: told.count - 1, by: 2) {
      guard let name = told[index].bytes, let text = told[index + 1].text else { continue }
      let words = text.split(separator: " ", maxSplits: 1)
      let age = now - (words.first.flatMap { Int($0) } ?? 0)
      if age > goneMilliseconds { gone.append(name) }
      guard age <= newsMilliseconds, words.count == 2, let times = AnswerTimes(words[1]) else {
        continue
      }
      sum = sum ?? AnswerTimes()
      sum?.merge(times)
    }
    if !gone.isEmpty { _ = try await redis.send(RedisCommand("HDEL", [keys.load] + gone)) }
    return sum?.load
  }
}
