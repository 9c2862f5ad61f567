/// How a request of a buyer can end; the raw value is the index into ``all``.
enum OrderPayOutcome: Int, CaseIterable {
  case reserved, paid, replayed, short, unavailable, failed, wrong

  /// The outcomes in the order of their indices.
  static let all = allCases.map(\.outcome)

  var outcome: Outcome {
    switch self {
    case .reserved: Outcome(name: "reserved", kind: .success)
    case .paid: Outcome(name: "paid", kind: .success)
    case .replayed: Outcome(name: "replayed", kind: .success)
    case .short: Outcome(name: "balance short", kind: .refusal)
    case .unavailable: Outcome(name: "unavailable", kind: .failure)
    case .failed: Outcome(name: "failed", kind: .failure)
    case .wrong: Outcome(name: "wrong answer", kind: .breach)
    }
  }
}
