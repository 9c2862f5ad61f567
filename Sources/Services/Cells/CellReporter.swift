public import Domain
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis

/// How a cell does, as the ledger and Redis see it together.
public struct CellReport: Sendable, Equatable {
  public let cell: CellName
  /// Counts the leases that the ledger has vouched for.
  public let epoch: Int
  /// Why no claims are taken; `nil` while the cell is open.
  public let closedBecause: String?
  /// The last stream entry whose facts are in the ledger.
  public let cursor: String
  /// What only Redis knows; `nil` while it cannot be asked.
  public let stream: Stream?

  public struct Stream: Sendable, Equatable {
    /// Entries, those that are kept below the cursor included.
    public let length: Int
    /// The age of the oldest entry that is not in the ledger yet, by Redis' clock; 0 if all are.
    public let lagMilliseconds: Int
  }

  public var isOpen: Bool { closedBecause == nil }
}

/// Asks ledger and Redis about cells. Loop-confined.
public final class CellReporter {
  /// The ledger cannot be asked.
  public struct Unavailable: Error {}

  private let store: CellStore
  private let redis: RedisRouter

  init(pool: PostgresPool, redis: RedisRouter) {
    store = CellStore(pool: pool)
    self.redis = redis
  }

  /// Reports on a tenant's cells by name, behind the cell `after`.
  public func reports(
    of tenant: TenantID, after cell: CellName?, limit: Int
  ) async throws(Unavailable) -> [CellReport] {
    let records: [CellRecord]
    do throws(PostgresError) {
      records = try await store.list(of: tenant, after: cell, limit: limit)
    } catch {
      throw Unavailable()
    }
    var reports: [CellReport] = []
    for record in records { reports.append(await report(record)) }
    return reports
  }

  private func report(_ record: CellRecord) async -> CellReport {
    let cursor = StreamPosition(
      milliseconds: record.cursor.milliseconds, sequence: record.cursor.sequence)
    var reason = record.closedBecause
    var stream: CellReport.Stream?
    do throws(RedisError) {
      let keys = CellKeys(record.cell)
      let client = redis.client(for: keys.lease)
      let lease = try await client.send(RedisCommand("GET", keys.lease)).text
      if reason == nil, lease != CellLease.text(epoch: record.epoch, runID: client.runID) {
        reason = "not vouched for under its present lease"
      }
      stream = try await self.stream(keys, client, after: cursor)
    } catch {
      reason = reason ?? "redis cannot be asked"
    }
    return CellReport(
      cell: record.cell, epoch: record.epoch, closedBecause: reason, cursor: "\(cursor)",
      stream: stream)
  }

  private func stream(
    _ keys: CellKeys, _ client: RedisClient, after cursor: StreamPosition
  ) async throws(RedisError) -> CellReport.Stream {
    let length = try await client.send(RedisCommand("XLEN", keys.stream)).integer ?? 0
    let next = try await client.send(
      RedisCommand("XRANGE", keys.stream, "(\(cursor)", "+", "COUNT", "1"))
    var lag = 0
    if let oldest = next[0][0].text.flatMap({ StreamPosition($0) }) {
      let time = try await client.send(RedisCommand("TIME"))
      if let seconds = time[0].integer, let microseconds = time[1].integer {
        lag = max(0, seconds * 1000 + microseconds / 1000 - oldest.milliseconds)
      }
    }
    return CellReport.Stream(length: length, lagMilliseconds: lag)
  }
}
