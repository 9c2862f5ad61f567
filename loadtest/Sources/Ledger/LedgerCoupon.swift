internal import Domain

/// A row of the coupons table.
struct LedgerCoupon: Sendable, Equatable {
  let sequence: Int
  let user: String
  let coupon: Identifier
  let ordinal: Int
}

/// How the ledger and the clients' answers compare.
enum LedgerComparison {
  /// Everything that a client was told is in the ledger as it was told, and the ledger itself is
  /// within the campaign's bounds.
  ///
  /// - Parameters:
  ///   - rows: all rows of the campaign.
  ///   - name: the name of a user by its index.
  static func breaches(
    acknowledged: [AcknowledgedCoupon], rows: [LedgerCoupon], quantity: Int,
    name: (Int) -> String?
  ) -> Breaches {
    var breaches = bounds(rows, quantity: quantity)
    let bySequence = Dictionary(rows.map { ($0.sequence, $0) }) { first, _ in first }
    for told in acknowledged {
      guard let row = bySequence[told.sequence] else {
        breaches.add("coupon \(told.coupon), sequence \(told.sequence), is not in the ledger")
        continue
      }
      if row.coupon != told.coupon {
        breaches.add(
          "sequence \(told.sequence) is coupon \(row.coupon) in the ledger, not \(told.coupon)")
      }
      if let user = name(told.user), user != row.user {
        breaches.add("sequence \(told.sequence) belongs to \(row.user) in the ledger, not \(user)")
      }
    }
    return breaches
  }

  /// The ledger by itself: the quantity, sequences from 1 on without gaps, no user twice.
  private static func bounds(_ rows: [LedgerCoupon], quantity: Int) -> Breaches {
    var breaches = Breaches()
    if rows.count > quantity {
      breaches.add("\(rows.count) rows in the ledger for a quantity of \(quantity)")
    }
    let sequences = Set(rows.map(\.sequence))
    if sequences.count != rows.count {
      breaches.add("\(rows.count - sequences.count) sequences are in the ledger twice")
    }
    if let last = sequences.max(), last != sequences.count {
      breaches.add("\(sequences.count) sequences in the ledger, the last of them \(last)")
    }
    let users = Set(rows.map(\.user))
    if users.count != rows.count {
      breaches.add("\(rows.count - users.count) coupons of users who have one already")
    }
    return breaches
  }
}
