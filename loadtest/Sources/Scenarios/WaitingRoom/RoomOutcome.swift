/// How a request of a visitor can end; the raw value is the index into ``all``.
enum RoomOutcome: Int, CaseIterable {
  case joined, kept, waiting, admitted, left, lapsed, unavailable, failed, wrong

  /// The outcomes in the order of their indices.
  static let all = allCases.map(\.outcome)

  var outcome: Outcome {
    switch self {
    case .joined: Outcome(name: "joined", kind: .success)
    case .kept: Outcome(name: "place kept", kind: .success)
    case .waiting: Outcome(name: "waiting", kind: .success)
    case .admitted: Outcome(name: "admitted", kind: .success)
    case .left: Outcome(name: "left", kind: .success)
    case .lapsed: Outcome(name: "lapsed", kind: .refusal)
    case .unavailable: Outcome(name: "unavailable", kind: .failure)
    case .failed: Outcome(name: "failed", kind: .failure)
    case .wrong: Outcome(name: "wrong answer", kind: .breach)
    }
  }
}
