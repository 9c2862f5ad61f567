internal import Domain

/// Compares a recalled campaign's coupons with what its operator and its users were told: a function of
/// what was seen.
struct RecallCheck {
  let campaign: ChaosCampaign
  /// The coupons that the ledger has.
  let rows: [RecordedCoupon]
  let record: RecallRecord
  /// Claims of this campaign.
  let claims: [LoggedClaim]
  /// When the payment of each order was first asked for, on the monotonic clock.
  let paidFrom: [Identifier: UInt64]
  /// From this moment of the monotonic clock on, all was well again.
  let recoveredAt: UInt64

  /// How long the word of a recall may take, in nanoseconds, to a cell whose reconciler was away when the
  /// recall was answered. What such a cell still issues is worthless from the start.
  static let commandLag: UInt64 = 2_000_000_000

  var breaches: Breaches {
    var breaches = Breaches()
    for text in record.wrongs { breaches.add("\(name): \(text)") }
    guard let startedAt = record.startedAt, let acknowledgedAt = record.acknowledgedAt else {
      breaches.add("\(name): its recall got no answer")
      return breaches
    }
    for row in rows { check(row, acknowledgedAt, &breaches) }
    // A key's answer is said again for a day, whatever became of the campaign.
    let earlier = Set(claims.lazy.filter { $0.startedAt <= acknowledgedAt }.map(\.intent))
    for claim in claims {
      switch claim.outcome {
      case .coupon(let told) where told.isReplayed && earlier.contains(claim.intent): break
      case .closed where claim.endedAt < startedAt:
        breaches.add("\(name): told to be closed before it was recalled")
      case .coupon where claim.startedAt > max(recoveredAt, acknowledgedAt) + Self.commandLag:
        breaches.add("\(name): a coupon was told of after the recall")
      default: break
      }
    }
    return breaches
  }

  /// Unused ones are recalled; used ones were used by payments that began before.
  private func check(
    _ row: RecordedCoupon, _ acknowledgedAt: UInt64, _ breaches: inout Breaches
  ) {
    switch row.status {
    case "RECALLED": return
    case "USED":
      guard let order = row.usedBy, let begun = paidFrom[order] else {
        return breaches.add("\(name): coupon \(row.coupon) was used, and nobody paid with it")
      }
      if begun > acknowledgedAt {
        breaches.add(
          "\(name): coupon \(row.coupon) was used by order \(order), whose payment began after the recall"
        )
      }
    default: breaches.add("\(name): coupon \(row.coupon) is \(row.status) after the recall")
    }
  }

  private var name: String { "recalled campaign \(campaign.prefix.dropLast())" }
}
