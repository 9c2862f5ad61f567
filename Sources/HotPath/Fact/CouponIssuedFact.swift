public import Domain

/// A run of coupons that one batch issued for one campaign, as the stream carries it:
///
///     <campaign> <first sequence> <issued ms>
///     <user>[ <ordinal>[ <idempotency digest> <fingerprint>]]
///     …
public struct CouponIssuedFact: Sendable, Equatable {
  /// The field of a stream entry that holds this kind of fact.
  public static let kind = "coupon.issued"

  /// One coupon of the run.
  public struct Item: Sendable, Equatable {
    public let user: String
    /// The user's first, second, … coupon of the campaign.
    public let ordinal: Int
    /// Digest and fingerprint of the idempotency key it was claimed with.
    public let idempotency: (digest: String, fingerprint: String)?

    public static func == (a: Item, b: Item) -> Bool {
      a.user == b.user && a.ordinal == b.ordinal && a.idempotency?.digest == b.idempotency?.digest
        && a.idempotency?.fingerprint == b.idempotency?.fingerprint
    }
  }

  public let campaign: Identifier
  /// The sequence of the first item; the others follow one by one.
  public let firstSequence: Int
  public let issuedAt: Instant
  public let items: [Item]

  /// Parses the payload that the claim script wrote; `nil` when it is malformed.
  public init?(payload: [UInt8]) {
    var first: Coupon?
    var items: [Item] = []
    let isWhole = payload.withUnsafeBytes { bytes in
      Self.read(bytes) { coupon in
        if first == nil { first = coupon }
        items.append(Item(coupon))
      }
    }
    guard isWhole, let first else { return nil }
    campaign = first.campaign
    firstSequence = first.sequence
    issuedAt = first.issuedAt
    self.items = items
  }
}

extension CouponIssuedFact.Item {
  fileprivate init(_ coupon: CouponIssuedFact.Coupon) {
    user = String(decoding: coupon.user, as: UTF8.self)
    ordinal = coupon.ordinal
    idempotency = coupon.idempotency.map {
      (String(decoding: $0.digest, as: UTF8.self), String(decoding: $0.fingerprint, as: UTF8.self))
    }
  }
}
