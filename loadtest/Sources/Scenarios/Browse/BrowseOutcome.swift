/// How a look at the catalogue can end; the raw value is the index into ``all``.
enum BrowseOutcome: Int, CaseIterable {
  case list, search, product, unchanged, unavailable, failed, wrong

  /// The outcomes in the order of their indices.
  static let all = allCases.map(\.outcome)

  var outcome: Outcome {
    switch self {
    case .list: Outcome(name: "list", kind: .success)
    case .search: Outcome(name: "search", kind: .success)
    case .product: Outcome(name: "product", kind: .success)
    case .unchanged: Outcome(name: "not modified", kind: .success)
    case .unavailable: Outcome(name: "unavailable", kind: .failure)
    case .failed: Outcome(name: "failed", kind: .failure)
    case .wrong: Outcome(name: "wrong answer", kind: .breach)
    }
  }
}
