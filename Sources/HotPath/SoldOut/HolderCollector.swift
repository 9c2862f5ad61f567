internal import Domain
internal import EventLoop
public import Redis

/// Reads the holders of a campaign out of Redis into a filter, a page at a time.
///
/// `HSCAN` returns every field that is there from beginning to end of the scan, and an exhausted
/// campaign gets no new holders, so the filter has them all.
public enum HolderCollector {
  /// Fields asked for at once: bounds how long other calls wait behind a page.
  public static let pageSize = 512

  /// - Throws: `RedisError` when a page could not be read.
  public static func collect(
    campaign: HotCampaign, client: RedisClient
  ) async throws(RedisError) -> HolderFilter {
    let size = try await client.send(RedisCommand("HLEN", campaign.holdersKey))
    guard case .integer(let holders) = size else { throw .protocolViolation("HLEN") }
    var filter = HolderFilter(holders: holders)
    var cursor: [UInt8] = [UInt8(ascii: "0")]
    repeat {
      let page = try await client.send(
        RedisCommand("HSCAN", campaign.holdersKey, cursor, "COUNT", pageSize))
      guard case .array(let parts) = page, parts.count == 2, case .string(let next) = parts[0],
        case .array(let fields) = parts[1]
      else { throw .protocolViolation("HSCAN") }
      for index in stride(from: 0, to: fields.count, by: 2) {
        if case .string(let user) = fields[index] { user.withUnsafeBytes { filter.insert($0) } }
      }
      cursor = next
    } while cursor != [UInt8(ascii: "0")]
    return filter
  }
}
