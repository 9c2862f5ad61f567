public import Domain

/// One order on its way to a cell, and who is told how it ended. Loop-confined.
///
/// A class to be derived from, like ``ClaimOperation``.
open class ReserveOperation {
  /// Pieces of one account.
  public struct Line {
    public let stock: HotStock
    /// At least 1.
    public let quantity: Int

    public init(stock: HotStock, quantity: Int) {
      precondition(quantity > 0, "an order line has at least one piece")
      self.stock = stock
      self.quantity = quantity
    }
  }

  public final let sale: HotSale
  /// The lines, those of the same SKU summed; decisions name them by their place here.
  public final let lines: [Line]
  /// The user's id: 1 to 64 visible ASCII characters.
  public final let user: String
  /// What the order's idempotency key becomes in its id.
  public final let key: OrderKey
  /// Names the request that the key came with.
  final let fingerprint: RequestDigest
  /// What the order is priced by besides its lines; of a replay, the first order's counts.
  public final let terms: String

  /// - Parameters:
  ///   - lines: of accounts of `sale`, at least one; those of the same account are summed.
  ///   - terms: see ``OrderTermsWord``.
  public init(
    sale: HotSale, user: String, idempotency: RequestIdempotency, lines: [Line],
    terms: String = OrderTermsWord.none
  ) {
    precondition(!lines.isEmpty, "an order has at least one line")
    let owner = ObjectIdentifier(sale)
    precondition(lines.allSatisfy { $0.stock.owner == owner }, "stock of another sale")
    // Whoever makes a word checks it, once for many orders.
    assert(OrderTermsWord.isValid(terms.utf8), "terms are one word")
    self.sale = sale
    self.user = user
    key = OrderKey(idempotency.key)
    fingerprint = idempotency.fingerprint
    self.terms = terms
    self.lines = lines.count == 1 ? lines : Self.summed(lines)
  }

  /// False once nobody wants the order any more: it is then not made.
  open var isWaiting: Bool { true }

  /// Whether what was granted counts only once replicas have it, where the cell's way waits for them:
  /// false for one who is told after the ledger has it.
  open var needsReplicas: Bool { true }

  /// Told once how the order ended.
  open func ended(_ outcome: ReserveOutcome) {}

  private static func summed(_ lines: [Line]) -> [Line] {
    var summed: [Line] = []
    summed.reserveCapacity(lines.count)
    for line in lines {
      if let known = summed.firstIndex(where: { $0.stock === line.stock }) {
        summed[known] = Line(stock: line.stock, quantity: summed[known].quantity + line.quantity)
      } else {
        summed.append(line)
      }
    }
    return summed
  }
}

extension ReserveOperation {
  /// Whether both are for the same lines, by requests of the same fingerprint on the same terms.
  final func asksForTheSame(as other: ReserveOperation) -> Bool {
    fingerprint == other.fingerprint && terms == other.terms
      && lines.elementsEqual(other.lines) { $0.stock === $1.stock && $0.quantity == $1.quantity }
  }
}

extension ReserveOperation: BatchedOperation {
  final func failed(_ reason: Unavailability) { ended(.unavailable(reason)) }
}

/// How an order ended.
public enum ReserveOutcome: Equatable {
  /// The cell decided. `position` is at or above the stream entry behind a reservation, `nil` where
  /// there is none; `rate` is what is left under the sale's rate policy, if it has one.
  case decided(ReserveDecision, position: StreamPosition?, rate: RateAllowance?)
  case unavailable(Unavailability)
}
