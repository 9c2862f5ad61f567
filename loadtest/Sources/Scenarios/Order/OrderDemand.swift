/// What users asked for, and when one of them was first told that there is nothing left of a SKU: enough
/// to tell whether that could be true. Moments are of the monotonic clock, in nanoseconds.
struct OrderDemand: Sendable {
  private struct Wish {
    /// Of the first request; nobody holds a piece before.
    var askedAt = UInt64.max
    var sku = 0
    /// An order was told, or there is a request that may have brought one.
    var mayHold = false
  }

  private var wishes: [Wish]
  private var firstRefusals: [UInt64]

  init(users: Int, skus: Int) {
    wishes = Array(repeating: Wish(), count: users)
    firstRefusals = Array(repeating: .max, count: skus)
  }

  /// Notes that `user` asks for a piece.
  mutating func asks(_ user: Int, sku: Int, at moment: UInt64) {
    wishes[user].sku = sku
    wishes[user].askedAt = min(wishes[user].askedAt, moment)
  }

  /// Notes that `user` holds a piece, or that nobody knows: an answer is missing or of no use.
  mutating func mayHold(_ user: Int) { wishes[user].mayHold = true }

  /// Notes that somebody was told that a SKU is sold out.
  mutating func isSoldOut(_ sku: Int, at moment: UInt64) {
    firstRefusals[sku] = min(firstRefusals[sku], moment)
  }

  /// Nobody is refused before as many have asked as there are pieces, of those who may have got one.
  ///
  /// Whoever was refused later is no proof: pieces may be out once, and have come back.
  ///
  /// - Parameters:
  ///   - demands: of all workers of a run.
  ///   - pieces: of each SKU.
  static func breaches(of demands: [OrderDemand], pieces: [Int]) -> Breaches {
    var breaches = Breaches()
    for (sku, pieces) in pieces.enumerated() {
      let refusal = demands.map { $0.firstRefusals[sku] }.min() ?? .max
      guard refusal < .max else { continue }
      let most = demands.reduce(0) { sum, demand in
        sum + demand.wishes.count { $0.mayHold && $0.sku == sku && $0.askedAt <= refusal }
      }
      if most < pieces {
        breaches.add(
          "SKU \(sku + 1) was told sold out while at most \(most) of \(pieces) pieces were ordered")
      }
    }
    return breaches
  }
}
