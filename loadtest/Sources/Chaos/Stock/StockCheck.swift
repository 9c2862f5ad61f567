internal import Domain

/// Compares open stock with what operators were told: a function of what was seen.
struct StockCheck {
  let state: StockState
  let outcomes: [StockWork: [StockOutcome]]
  /// Pieces that came in and went into a sale before the round, by the name of the SKU.
  let pieces: [String: Int]

  var breaches: Breaches {
    var breaches = Breaches()
    for (work, outcomes) in outcomes { check(work, outcomes, &breaches) }
    let known = Set(outcomes.keys.map(\.reference))
    for reference in state.movements.keys where !known.contains(reference) {
      breaches.add("\(reference) is in the ledger, and nobody did it")
    }
    checkLevels(&breaches)
    return breaches
  }

  /// Whatever was done is in the ledger once, and every answer tells of the same.
  private func check(
    _ work: StockWork, _ outcomes: [StockOutcome], _ breaches: inout Breaches
  ) {
    var told: Set<Identifier> = []
    var moved: Set<Int> = []
    for outcome in outcomes {
      switch outcome {
      case .done(let movement, let pieces):
        told.insert(movement)
        if let pieces { moved.insert(pieces) }
      case .wrong(let answer): breaches.add("\(work.reference): \(answer)")
      case .unknown: break
      }
    }
    let rows = state.movements[work.reference] ?? []
    if Set(rows.map(\.movement)) != told || rows.count > 1 {
      breaches.add("\(work.reference) was told as \(told); the ledger has \(rows)")
    }
    guard let row = rows.first else { return }
    let isAsAsked =
      row.kind == work.kind.rawValue && row.sku == work.sku && row.wanted == work.change
    if !isAsAsked || !moved.isSubset(of: row.moved.map { [$0] } ?? []) {
      breaches.add("\(work) was told to have moved \(moved); the ledger has \(row)")
    }
    guard let pieces = row.moved, pieces == work.change || work.change < 0 else {
      return breaches.add("\(work) moved \(row.moved as Any)")
    }
  }

  /// What came in and did not go out is there, in Redis as in the ledger.
  private func checkLevels(_ breaches: inout Breaches) {
    let rows = Dictionary(grouping: state.movements.values.joined(), by: \.sku)
    for (sku, count) in pieces {
      var expected = StockLevel(received: count, taken: count)
      for row in rows[sku] ?? [] {
        if row.wanted > 0 {
          expected.received += row.moved ?? 0
        } else {
          expected.taken += row.moved ?? 0
        }
      }
      let level = state.levels[sku]
      if level != expected {
        breaches.add("\(sku) should be \(expected) and is \(level as Any)")
      }
      if state.levelsInRedis[sku] != level {
        breaches.add(
          "\(sku) is \(level as Any) in the ledger, \(state.levelsInRedis[sku] as Any) in Redis")
      }
    }
  }
}
