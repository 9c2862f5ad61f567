public import Domain

/// A run of coupons that one batch issued for one campaign, as the stream carries it.
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
    let lines = payload.split(separator: UInt8(ascii: "\n"))
    guard let head = lines.first else { return nil }
    let fields = head.split(separator: UInt8(ascii: " "))
    guard fields.count == 3, let campaign = Identifier(String(decoding: fields[0], as: UTF8.self)),
      let first = Self.integer(fields[1]), first > 0, let issued = Self.integer(fields[2])
    else { return nil }
    var items: [Item] = []
    items.reserveCapacity(lines.count - 1)
    for line in lines.dropFirst() {
      guard let item = Self.item(line) else { return nil }
      items.append(item)
    }
    guard !items.isEmpty else { return nil }
    self.campaign = campaign
    firstSequence = first
    issuedAt = Instant(milliseconds: Int64(issued))
    self.items = items
  }

  private static func item(_ line: ArraySlice<UInt8>) -> Item? {
    guard let space = line.firstIndex(of: UInt8(ascii: " ")) else {
      return Item(user: String(decoding: line, as: UTF8.self), ordinal: 1, idempotency: nil)
    }
    let fields = line.split(separator: UInt8(ascii: " "))
    guard fields.count == 2 || fields.count == 4, let ordinal = integer(fields[1]), ordinal > 0
    else { return nil }
    let user = String(decoding: line[..<space], as: UTF8.self)
    guard fields.count == 4 else { return Item(user: user, ordinal: ordinal, idempotency: nil) }
    let digest = String(decoding: fields[2], as: UTF8.self)
    let fingerprint = String(decoding: fields[3], as: UTF8.self)
    return Item(user: user, ordinal: ordinal, idempotency: (digest, fingerprint))
  }

  private static func integer(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard !bytes.isEmpty, bytes.count <= 18 else { return nil }
    var value = 0
    for byte in bytes {
      guard byte >= 48, byte <= 57 else { return nil }
      value = value * 10 + Int(byte - 48)
    }
    return value
  }
}
