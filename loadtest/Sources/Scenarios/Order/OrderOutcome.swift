/// How an order can end; the raw value is the index into ``all``.
enum OrderOutcome: Int, CaseIterable {
  case reserved, replayed, soldOut, rateLimited, unavailable, failed, wrong

  /// The outcomes in the order of their indices.
  static let all = allCases.map(\.outcome)

  var outcome: Outcome {
    switch self {
    case .reserved: Outcome(name: "reserved", kind: .success)
    case .replayed: Outcome(name: "replayed", kind: .success)
    case .soldOut: Outcome(name: "sold out", kind: .refusal)
    case .rateLimited: Outcome(name: "rate limited", kind: .refusal)
    case .unavailable: Outcome(name: "unavailable", kind: .failure)
    case .failed: Outcome(name: "failed", kind: .failure)
    case .wrong: Outcome(name: "wrong answer", kind: .breach)
    }
  }
}
