extension RoomRules {
  /// Whether who joins waits for the draw.
  var isBeforeDraw: Bool { terms.prequeueShuffle && terms.opensAt != nil && draw == nil }

  /// Whether the room is open and admits nobody until the draw is done.
  public func needsDraw(now: Instant) -> Bool {
    guard let opensAt = terms.opensAt, terms.prequeueShuffle else { return false }
    return now >= opensAt && !isDrawn
  }

  /// Begins the draw, or says again who takes part in it: nobody who comes from now on.
  ///
  /// - Returns: `nil` before the opening.
  public mutating func beginDraw(now: Instant) -> PrequeueDraw? {
    if let opensAt = terms.opensAt, now < opensAt { return nil }
    draw = draw ?? PrequeueDraw(base: 0, count: next - 1)
    return draw
  }

  /// Puts a part of those who take part where the lot has them.
  ///
  /// - Parameters:
  ///   - first: of the numbers.
  ///   - orders: of each number from the first on.
  /// - Returns: how many tickets there were with these numbers.
  public mutating func move(first: Int, orders: [Int]) -> Int {
    let moved = prequeue.filter { first..<first + orders.count ~= $0.number }
    prequeue.removeAll { first..<first + orders.count ~= $0.number }
    queue += moved.map { (orders[$0.number - first], $0.visitor) }
    queue.sort { $0.order < $1.order }
    return moved.count
  }

  /// Ends the draw; false while some are left to be moved.
  public mutating func finishDraw() -> Bool {
    guard prequeue.isEmpty else { return false }
    isDrawn = true
    return true
  }
}
