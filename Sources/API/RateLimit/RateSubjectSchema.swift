internal import Domain

/// The forms of subjects of rate policies in requests and answers.
enum RateSubjectSchema {
  /// Characters of an API key.
  static let keyLength = 1...1_024

  private static let members: [Schema.Member] = [
    .optional(
      "user",
      Schema.string.described("Required where the policy's scope has `user`, and only there.")),
    .optional("ip", Schema.string.described("Required where the policy's scope has `ip`.")),
    .optional(
      "api_key",
      Schema.text(keyLength).described("Required where the policy's scope has `api_key`.")),
    .optional(
      "endpoint",
      Schema.string.described(
        "The operationId of a route; required where the policy's scope has `endpoint`.")),
  ]

  static let subject = Schema.object(members).named("RateSubject")

  static let refund = Schema.object(
    members + [
      .optional(
        "units",
        Schema.integer(RateQuota.Bounds.burst).described(
          "At most the policy's burst; 1 by default."))
    ]
  ).named("RateRefund")

  static let standing = Schema.object([
    .required("policy", .string), .required("limit", .integer),
    .required("window_seconds", .integer), .required("burst", .integer),
    .required("shadow", Schema.boolean.described("On trial: nothing is refused.")),
    .required("remaining", Schema.integer.described("Units that would be let through now.")),
    .required(
      "reset_seconds", Schema.integer.described("Until the full burst is there again, rounded up.")),
  ]).named("RateStanding")
}
