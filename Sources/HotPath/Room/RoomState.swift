public import Domain

/// What a room's admitter has last written for the nodes to answer polls from.
public struct RoomState: Sendable, Equatable {
  /// Orders that one block spans; `lua/scripts/admit_tickets.lua` knows the same.
  static let blockSize = 256
  /// Tickets that the front names one by one, at most.
  static let frontCount = 256

  /// The ledger's version of the terms that it was written under.
  public var version: Int
  public var generation: Int
  public var queueing: Queueing
  /// `nil` for a room without an opening.
  public var opensAt: Instant?
  /// Whether visitors are being admitted: opened, and a draw, if there is one, is done.
  public var isOpen: Bool
  /// Who took part in the draw; `nil` before it.
  public var draw: PrequeueDraw?
  /// The draw's seed in hexadecimal digits, once all is in its order.
  public var seed: String?
  /// The highest order called.
  public var served: Int
  /// The number that the next visitor gets.
  public var next: Int
  public var waiting: Int
  /// Places taken.
  public var inside: Int
  public var capacity: Int
  /// Admissions a second, in thousandths: allowed, and made on average over ten seconds.
  public var rateMilli: Int
  public var paceMilli: Int
  /// The orders of the first tickets that wait.
  var front: [Int]
  /// The first block, and for each from there on how many wait in all blocks before it; one more than
  /// there are blocks.
  var firstBlock: Int
  var before: [Int]

  /// Admissions a second that can be counted on.
  public var pacePerSecond: Double { Double(paceMilli > 0 ? paceMilli : rateMilli) / 1000 }

  /// The place of the ticket with this order, 1 for the next one: exact for the first of the queue, and
  /// further back never too low. It never rises while the ticket waits, from one state to the next.
  ///
  /// Each of its parts can only fall once a ticket has its order: who left and who was called is
  /// subtracted by whole blocks, and numbers that this state has not seen yet count as waiting.
  public func position(of order: Int) -> Int {
    if let last = front.last, order <= last { return Self.count(front, upTo: order) }
    let block = order / Self.blockSize
    let start = max(block * Self.blockSize, served + 1)
    var position: Int
    let index = block - firstBlock
    if index >= 0, index < before.count - 1 {
      position = before[index]
      let within = order - start + 1
      let isComplete = (block + 1) * Self.blockSize <= next
      position += isComplete ? min(within, before[index + 1] - before[index]) : within
    } else {
      position = (before.last ?? 0) + order - start + 1
    }
    let known = min((firstBlock + before.count - 1) * Self.blockSize, next)
    position += max(0, block * Self.blockSize - max(known, served + 1))
    // Few enough that all of them will be told one by one.
    let exact = waiting + order - next + 1
    if order >= next, exact <= Self.frontCount { position = min(position, exact) }
    return max(1, position)
  }

  /// How many of the sorted `orders` are at most `order`.
  private static func count(_ orders: [Int], upTo order: Int) -> Int {
    var low = 0
    var high = orders.count
    while low < high {
      let middle = (low + high) / 2
      if orders[middle] <= order { low = middle + 1 } else { high = middle }
    }
    return max(1, low)
  }
}
