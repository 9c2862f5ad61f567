/// How a claim can end; the raw value is the index into ``all``.
enum ClaimOutcome: Int, CaseIterable {
  case issued, replayed, soldOut, rateLimited, unavailable, failed, wrong

  /// The outcomes in the order of their indices.
  static let all = allCases.map(\.outcome)

  var outcome: Outcome {
    switch self {
    case .issued: Outcome(name: "issued", kind: .success)
    case .replayed: Outcome(name: "replayed", kind: .success)
    case .soldOut: Outcome(name: "sold out", kind: .refusal)
    case .rateLimited: Outcome(name: "rate limited", kind: .refusal)
    case .unavailable: Outcome(name: "unavailable", kind: .failure)
    case .failed: Outcome(name: "failed", kind: .failure)
    case .wrong: Outcome(name: "wrong answer", kind: .breach)
    }
  }
}
