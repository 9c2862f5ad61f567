internal import Domain

/// What users were refused.
extension SaleCheck {
  /// A key that brought an order which is recorded brings it ever after: to refuse it then is wrong, however
  /// little is left. What was asked at the same moment may have been decided before.
  func checkRefusals(_ breaches: inout Breaches) {
    var granted: [Int: (order: Identifier, at: UInt64)] = [:]
    for item in asked {
      guard let told = item.order.told, rowOfOrder[told.order] != nil else { continue }
      let known = granted[item.number]
      if item.order.endedAt < known?.at ?? .max {
        granted[item.number] = (told.order, item.order.endedAt)
      }
    }
    for item in asked where item.order.outcome.isRefusal {
      guard let known = granted[item.number], known.at < item.order.startedAt else { continue }
      breaches.add(
        """
        \(name): the key of intent \(item.number) was refused after it had brought order \
        \(known.order)
        """)
    }
  }

  /// Something that was asked for may be sold out only once so much of it may have been ordered: by those who
  /// asked before the refusal came, and were not refused at each try.
  func checkSoldOut(_ breaches: inout Breaches) {
    var begun: [Int: UInt64] = [:]
    for item in asked where !item.order.outcome.isRefusal && item.order.outcome != .unsent {
      begun[item.number] = .max
    }
    // What was refused at first may have brought an order with the next try.
    for item in asked {
      if let known = begun[item.number] { begun[item.number] = min(known, item.order.startedAt) }
    }
    let orders = begun.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
    let refusals = asked.filter { $0.order.outcome == .soldOut }
      .sorted { $0.order.endedAt < $1.order.endedAt }
    let intents = Dictionary(asked.map { ($0.number, $0.intent) }) { first, _ in first }
    var ordered = sale.plan.pieces.map { _ in 0 }
    var next = 0
    for refusal in refusals {
      while next < orders.count, orders[next].value <= refusal.order.endedAt {
        for (sku, pieces) in intents[orders[next].key]?.lines ?? [:] { ordered[sku] += pieces }
        next += 1
      }
      let isPossible = refusal.intent.lines.contains { sku, pieces in
        ordered[sku] + pieces > sale.plan.pieces[sku]
      }
      if !isPossible {
        breaches.add(
          """
          \(name): intent \(refusal.number) was told sold out of \(refusal.intent.lines) when at most \
          \(ordered) of \(sale.plan.pieces) were ordered
          """)
      }
    }
  }
}
