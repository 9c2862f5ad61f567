/// What was done in a run, by kind.
struct OperationCounts: Sendable, Equatable {
  enum Kind: String, CaseIterable, Sendable {
    case claims, orders, payments, cancellations, refunds, lapses, recalls, adjustments
    case walletChanges = "credits and debits"
    /// Requests for what had been asked for before, with the same key; they count in their kind too.
    case duplicates
  }

  private var counts: [Kind: Int] = [:]

  subscript(kind: Kind) -> Int {
    get { counts[kind, default: 0] }
    set { counts[kind] = newValue }
  }

  mutating func merge(_ other: OperationCounts) {
    counts.merge(other.counts, uniquingKeysWith: +)
  }

  /// All kinds that there were, on one line.
  var text: String {
    Kind.allCases.filter { self[$0] > 0 }
      .map { "\($0.rawValue) \(TextFormat.grouped(self[$0]))" }.joined(separator: ", ")
  }
}
