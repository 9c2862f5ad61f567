internal import Domain
internal import Ledger
internal import Services

/// Reads postings and questions about wallets.
enum WalletReader {
  /// - Parameter now: a credit must last beyond it.
  static func wish(
    _ direction: WalletService.Wish.Direction, _ fields: FieldReader, of user: UserID,
    tenant: TenantID, by actor: UserID, now: Instant
  ) throws(APIError) -> WalletService.Wish {
    let (amount, unit) = try money(fields)
    var expiresAt: Instant?
    if direction == .credit, let field = fields.optional("expires_at") {
      let instant = try field.instant()
      guard instant > now else { throw field.refusal("must be in the future") }
      expiresAt = instant
    }
    return WalletService.Wish(
      direction, tenant: tenant, user: user, unit: unit, amount: amount, expiresAt: expiresAt,
      reason: try fields.required("reason").text(length: WalletFields.reasonLength),
      reference: WalletReference(
        type: try fields.required("ref_type").text(length: WalletFields.referenceTypeLength),
        id: try fields.required("ref_id").text(length: WalletFields.referenceLength)),
      actor: actor)
  }

  /// An integer with its currency beside it, or both in an object as elsewhere.
  static func money(_ fields: FieldReader) throws(APIError) -> (Int, WalletUnit) {
    let amount = try fields.required("amount")
    guard amount.value.object != nil else {
      return (
        try amount.integer(in: WalletFields.amount), try unit(fields.required("currency"))
      )
    }
    let inner = try amount.object()
    if let field = fields.optional("currency") {
      throw field.refusal("stands in amount already")
    }
    return (
      try inner.required("amount").integer(in: WalletFields.amount),
      try unit(inner.required("currency"))
    )
  }

  static func unit(_ field: Field) throws(APIError) -> WalletUnit {
    guard let text = field.value.string else { throw field.refusal("must be a string") }
    guard let unit = WalletUnit(text) else { throw field.refusal(unitRule) }
    return unit
  }

  private static let unitRule =
    "must be one of: \(Currency.allCases.map(\.rawValue).joined(separator: ", ")), "
    + "or credit: and the name of a service"

  /// A wallet's unit behind the question mark; nil for all.
  static func unit(_ query: QueryReader) throws(APIError) -> WalletUnit? {
    guard let text = try query.text("currency") else { return nil }
    guard let unit = WalletUnit(text) else { throw .invalid("currency", unitRule) }
    return unit
  }

  /// The moment that is asked about; nil for now.
  static func moment(_ query: QueryReader) throws(APIError) -> Instant? {
    guard let text = try query.text("at") else { return nil }
    guard let instant = Instant(text) else {
      throw .invalid("at", "must be an RFC 3339 time, such as 2026-01-31T09:00:00Z")
    }
    return instant
  }
}
