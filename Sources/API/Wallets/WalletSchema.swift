internal import Domain
internal import Ledger

/// The forms of wallets in requests and answers.
enum WalletSchema {
  static let posting = Schema.object(shared).named("WalletDebit")

  static let credit = Schema.object(
    shared + [
      .optional(
        "expires_at",
        Schema.instant.nullable.described("When what is left of it is gone; never by default."))
    ]
  ).named("WalletCredit")

  private static let shared: [Schema.Member] = [
    .required("amount", postedAmount),
    .optional("currency", unit.described("Required where amount is a number, and only there.")),
    .required("reason", .text(WalletFields.reasonLength)),
    .required(
      "ref_type", Schema.text(WalletFields.referenceTypeLength).described("What `ref_id` names.")),
    .required("ref_id", .text(WalletFields.referenceLength)),
  ]

  static let postedAmount = Schema.any(of: .integer(WalletFields.amount), postedMoney)
    .described("Minor units, with the currency beside them; or both in an object.")

  static let postedMoney = Schema.object([
    .required("amount", .integer(WalletFields.amount)), .required("currency", unit),
  ]).named("PostedMoney")

  static let wallet = Schema.object([
    .required("user_id", .string),
    .required(
      "as_of",
      Schema.instant.nullable.described("The moment that was asked for; null for now.")),
    .required("balances", .list(of: balance)),
  ]).named("Wallet")

  static let transaction = Schema.object([
    .required("transaction_id", .identifier),
    .required("kind", .oneOf(WalletEntry.Kind.self)),
    .required("amount", money.described("Below zero for what went out.")),
    .required("balance_after", money),
    .required("reason", .string),
    .required("ref_type", Schema.string.nullable),
    .required("ref_id", Schema.string.nullable),
    .required("created_at", .instant),
  ]).named("WalletTransaction")

  static let posted = Schema.object([
    .required("transaction_id", .identifier),
    .required("user_id", .string),
    .required("kind", .oneOf(["credit", "debit"])),
    .required("amount", money),
    .required("balance_after", money),
    .required("reason", .string),
    .required("ref_type", .string),
    .required("ref_id", .string),
    .required("expires_at", Schema.instant.nullable),
    .required("created_at", .instant),
  ]).named("WalletPosted")

  private static let balance = Schema.object([
    .required("balance", money),
    .optional("held", money.described("Of that, set aside.")),
    .optional("available", money.described("Of that, to be spent.")),
    .optional(
      "next_expiry",
      Schema.instant.nullable.described("When a part of it may expire next; null for never.")),
  ]).named("WalletBalance")

  static let money = Schema.object([
    .required("amount", Schema.integer.described("Minor units.")),
    .required("currency", unit),
  ]).named("WalletMoney")

  static let unit = Schema.pattern(
    "^(\(Currency.allCases.map(\.rawValue).joined(separator: "|"))"
      + "|credit:[a-z0-9._-]{1,\(WalletUnit.maximumServiceCount)})$"
  ).described("A currency, `POINT`, or `credit:` and the name of a service.")
}

/// Bounds of a wallet's fields as the wire has them.
enum WalletFields {
  static let amount = 1...WalletLimits.posting
  static let reasonLength = 1...WalletLimits.reason
  static let referenceTypeLength = 1...WalletLimits.referenceType
  static let referenceLength = 1...WalletLimits.reference
}
