internal import HotPath
internal import Redis

/// A look at a cell, with the lease that the node knew when it began. Loop-confined.
struct CellLook {
  let cell: CellRuntime
  private let lease: [UInt8]?

  /// Make it before the cell is asked: one that was cleared, loaded and opened between two questions has
  /// another lease by then.
  init(at cell: CellRuntime) {
    self.cell = cell
    lease = cell.lease.value
  }

  /// A look that waits until the node has asked for the cell's lease at all.
  static func whenRead(at cell: CellRuntime) async -> CellLook {
    await cell.lease.whenRead()
    return CellLook(at: cell)
  }

  /// Whether the node still knows that lease.
  var isCurrent: Bool { lease != nil && cell.lease.value == lease }

  /// Whether Redis still has that lease: asked behind the questions, it tells whether what was not found was
  /// not there, or was wiped and is still on its way into the ledger.
  func isVouchedFor() async throws(RedisError) -> Bool {
    guard let lease else { return false }
    let shown = try await cell.client.send(RedisCommand("GET", cell.keys.lease)).bytes
    return shown == lease && isCurrent
  }

  /// The position of the cell's last fact: whatever the cell has answered is there or below.
  func lastFact() async throws(RedisError) -> StreamPosition {
    let last = try await cell.client.send(
      RedisCommand("XREVRANGE", cell.keys.stream, "+", "-", "COUNT", "1"))
    return last[0][0].text.flatMap { StreamPosition($0) } ?? .zero
  }
}
