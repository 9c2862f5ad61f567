internal import Domain
internal import HotPath
internal import Ledger
internal import Redis

/// A run of stream entries, read and ready for the ledger.
struct FactBatch: Sendable {
  /// The run begins right behind this position…
  let after: StreamPosition
  /// … and ends with the whole entry at this one.
  private(set) var last: StreamPosition
  /// The `run_id` of the server that it was read from.
  let runID: String?
  private(set) var facts: CouponFacts
  /// The entries' instants by Redis' clock, in milliseconds since 1970.
  private(set) var instants: [Int] = []
  /// The malformed entry behind the run, of which nothing is in it.
  private(set) var malformed: StreamPosition?

  var isEmpty: Bool { instants.isEmpty }

  /// Reads the reply to `XREAD`; a null is an empty run.
  init(_ reply: RedisReply, after: StreamPosition, runID: String?, capacity: Int) {
    self.after = after
    self.runID = runID
    last = after
    facts = CouponFacts(capacity: capacity)
    guard reply.kind == .array, reply.count == 1, reply[0].count == 2 else { return }
    let entries = reply[0][1]
    instants.reserveCapacity(entries.count)
    for index in 0..<entries.count {
      let entry = entries[index]
      guard entry.count == 2, let position = StreamPosition(entry[0].text) else {
        malformed = last
        break
      }
      guard Self.append(entry[1], to: &facts) else {
        malformed = position
        // A part of it may have been added: what came before is read anew.
        facts = CouponFacts(capacity: capacity)
        for earlier in 0..<index { _ = Self.append(entries[earlier][1], to: &facts) }
        break
      }
      last = position
      instants.append(position.milliseconds)
    }
  }

  /// Adds the coupons of an entry; false when it is malformed.
  private static func append(_ pairs: RedisReply, to facts: inout CouponFacts) -> Bool {
    for index in stride(from: 0, to: pairs.count - 1, by: 2) where isCoupons(pairs[index]) {
      let isWhole = CouponIssuedFact.read(pairs[index + 1].bytes) { coupon in
        facts.append(
          campaign: coupon.campaign, sequence: coupon.sequence, user: coupon.user,
          ordinal: coupon.ordinal, issuedAt: coupon.issuedAt, record: coupon.idempotency)
      }
      if !isWhole { return false }
    }
    return true
  }

  /// Facts of other kinds are for others to read.
  private static func isCoupons(_ kind: RedisReply) -> Bool {
    kind.bytes.elementsEqual(CouponIssuedFact.kind.utf8)
  }
}

extension FactBatch {
  /// Writes a read of stream `key` from behind `position`.
  ///
  /// - Parameter block: milliseconds to wait for something new; `nil` not to wait.
  static func writeRead(
    of key: [UInt8], after position: StreamPosition, count: Int, block: Int?,
    into writer: inout RedisCommandWriter
  ) {
    writer.command(argumentCount: block == nil ? 6 : 8)
    writer.argument("XREAD" as StaticString)
    writer.argument("COUNT" as StaticString)
    writer.argument(count)
    if let block {
      writer.argument("BLOCK" as StaticString)
      writer.argument(block)
    }
    writer.argument("STREAMS" as StaticString)
    writer.argument(key)
    writer.argument(position.description)
  }
}

extension CellRecord.Cursor {
  init(_ position: StreamPosition) {
    self.init(milliseconds: position.milliseconds, sequence: position.sequence)
  }
}

extension StreamPosition {
  init(_ cursor: CellRecord.Cursor) {
    self.init(milliseconds: cursor.milliseconds, sequence: cursor.sequence)
  }
}
