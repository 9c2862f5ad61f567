internal import Domain
internal import Ledger

/// The forms of holds in requests and answers.
enum HoldSchema {
  static let draft = Schema.object([
    .required("amount", WalletSchema.postedAmount),
    .optional(
      "currency",
      WalletSchema.unit.described("Required where amount is a number, and only there.")),
    .required("reason", .text(WalletFields.reasonLength)),
    .optional(
      "ref_type",
      Schema.text(WalletFields.referenceTypeLength).nullable.described(
        "What `ref_id` names; both or neither.")),
    .optional("ref_id", Schema.text(WalletFields.referenceLength).nullable),
    .optional(
      "expires_at",
      Schema.instant.nullable.described(
        "From when on it cannot be captured, and is freed; never by default.")),
  ]).named("WalletHoldDraft")

  static let capture = Schema.closed([
    .optional(
      "amount",
      Schema.any(of: .integer(WalletFields.amount), WalletSchema.postedMoney).described(
        "Minor units, or an object of amount and currency; a part frees the rest, all by default.")
    ),
    .optional(
      "currency", WalletSchema.unit.described("That of the hold, where the client names it.")),
  ]).named("WalletCapture")

  static let hold = Schema.object([
    .required("hold_id", .identifier),
    .required("user_id", .string),
    .required("status", .oneOf(WalletHold.Status.self)),
    .required("amount", WalletSchema.money.described("What was set aside.")),
    .required("captured", WalletSchema.money.described("What of that was paid.")),
    .required("reason", .string),
    .required("ref_type", Schema.string.nullable),
    .required("ref_id", Schema.string.nullable),
    .required(
      "expires_at",
      Schema.instant.nullable.described(
        "From when on it cannot be captured, and is freed; null for never.")),
    .required("created_at", .instant),
    .required("settled_at", Schema.instant.nullable.described("When it ended; null while open.")),
    .required(
      "balance_after",
      WalletSchema.money.nullable.described(
        "What was in the wallet when it ended; null while open.")),
  ]).named("WalletHold")
}
