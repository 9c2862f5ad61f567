internal import Domain
internal import Ledger
internal import Services

/// Reads what is to be set aside, and how much of it is to be paid.
enum HoldReader {
  /// - Parameter now: a hold must last beyond it.
  static func wish(
    _ fields: FieldReader, of user: UserID, tenant: TenantID, by actor: UserID, now: Instant
  ) throws(APIError) -> HoldService.Wish {
    let (amount, unit) = try WalletReader.money(fields)
    var expiresAt: Instant?
    if let field = fields.optional("expires_at") {
      let instant = try field.instant()
      guard instant > now else { throw field.refusal("must be in the future") }
      expiresAt = instant
    }
    return HoldService.Wish(
      tenant: tenant, user: user, unit: unit, amount: amount, expiresAt: expiresAt,
      reason: try fields.required("reason").text(length: WalletFields.reasonLength),
      reference: try reference(fields), actor: actor)
  }

  /// Both parts, or none.
  private static func reference(_ fields: FieldReader) throws(APIError) -> WalletReference? {
    guard fields.optional("ref_type") != nil || fields.optional("ref_id") != nil else {
      return nil
    }
    return WalletReference(
      type: try fields.required("ref_type").text(length: WalletFields.referenceTypeLength),
      id: try fields.required("ref_id").text(length: WalletFields.referenceLength))
  }

  /// How much of a hold is to be paid.
  struct Part: Equatable {
    /// Minor units; nil for all of it.
    var amount: Int?
    /// What the client takes it for; nil where the client does not say.
    var unit: WalletUnit?
    /// The fields that refusals name.
    var amountPath = "amount"
    var unitPath = "currency"
  }

  /// - Parameter body: null where there was none.
  static func part(_ body: JSONValue) throws(APIError) -> Part {
    var part = Part()
    guard body != .null else { return part }
    let fields = try FieldReader(body)
    // Null is no way to say all: it may be a number that somebody failed to fill in. Nor is a name that was
    // mistyped.
    try fields.refuseMistyped(but: ["amount", "currency"])
    let amount = try fields.present("amount")
    let unit = try fields.present("currency")
    guard let amount, amount.value.object != nil else {
      part.amount = try amount?.integer(in: WalletFields.amount)
      part.unit = try unit.map(WalletReader.unit)
      return part
    }
    if let unit { throw unit.refusal("stands in amount already") }
    let inner = try amount.object()
    try inner.refuseAll(but: ["amount", "currency"])
    let (number, currency) = (try inner.required("amount"), try inner.required("currency"))
    part.amount = try number.integer(in: WalletFields.amount)
    part.unit = try WalletReader.unit(currency)
    (part.amountPath, part.unitPath) = (number.path, currency.path)
    return part
  }
}
