internal import Domain

/// Compares wallets with what operators and buyers were told: a function of what was seen.
struct MoneyCheck {
  let state: MoneyState
  let outcomes: [MoneyWork: [MoneyOutcome]]

  var breaches: Breaches {
    var breaches = Breaches()
    for (work, outcomes) in outcomes { check(work, outcomes, &breaches) }
    let known = Set(outcomes.keys.map(\.reference))
    for reference in state.transactions.keys where !known.contains(reference) {
      breaches.add("\(reference) is in the ledger, and nobody did it")
    }
    checkBalances(&breaches)
    return breaches
  }

  /// Whatever was done is in the ledger once, and every answer tells of the same.
  private func check(
    _ work: MoneyWork, _ outcomes: [MoneyOutcome], _ breaches: inout Breaches
  ) {
    var told: (Identifier, Int)?
    for outcome in outcomes {
      switch outcome {
      case .done(let transaction, let balance):
        if let told, told != (transaction, balance) {
          breaches.add("\(work.reference) was told as \(told) and as \((transaction, balance))")
        }
        told = (transaction, balance)
      case .wrong(let answer): breaches.add("\(work.reference): \(answer)")
      case .short:
        if work.kind == .credit { breaches.add("\(work.reference): a credit was refused") }
      case .unknown: break
      }
    }
    let recorded = state.transactions[work.reference] ?? []
    let expected = told.map { [$0.0] } ?? []
    if recorded != expected {
      breaches.add("\(work.reference) was told as \(expected); the ledger has \(recorded)")
    }
  }

  /// What a user has is what came in, less what was taken and paid, and what came back.
  private func checkBalances(_ breaches: inout Breaches) {
    var expected = state.refunded
    for (user, amount) in state.paid { expected[user, default: 0] -= amount }
    for (work, outcomes) in outcomes where outcomes.contains(where: \.isDone) {
      expected[work.user, default: 0] += work.kind == .credit ? work.amount : -work.amount
    }
    for (user, amount) in expected where state.balances[user, default: 0] != amount {
      breaches.add("\(user) should have \(amount) and has \(state.balances[user, default: 0])")
    }
    for (user, balance) in state.balances where expected[user] == nil && balance != 0 {
      breaches.add("\(user) has \(balance) from nowhere")
    }
  }
}

extension MoneyOutcome {
  var isDone: Bool {
    if case .done = self { true } else { false }
  }
}
