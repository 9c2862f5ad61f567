/// Chooses what users mean to do with their orders.
struct OrderFate {
  let habits: BuyerHabits

  /// Parts that an order is refunded in, at most.
  private static let maximumRefunds = 3
  /// The share of orders whose refunds are all asked for at once.
  private static let rushedShare = 0.3
  /// Of the refunds, those of all that is left, and those of some money; the others are of some pieces.
  private static let wholeShare = 0.2
  private static let moneyShare = 0.4

  /// - Parameter lines: pieces of SKUs, by the sale's index of the SKU.
  func choose(for lines: [Int: Int], _ numbers: inout SeededNumbers) -> OrderIntent.Fate {
    let chance = Double.random(in: 0..<1, using: &numbers)
    if chance < habits.abandoned { return .abandon }
    if chance < habits.abandoned + habits.paid {
      return .settle([[.payment]] + afterwards(lines, &numbers))
    }
    if chance < habits.abandoned + habits.paid + habits.cancelled {
      return .settle([[.cancellation]])
    }
    return .settle([[.payment, .cancellation]])
  }

  private func afterwards(
    _ lines: [Int: Int], _ numbers: inout SeededNumbers
  ) -> [[OrderIntent.Settlement]] {
    var works: [OrderIntent.Settlement] = []
    if numbers.chance(habits.refunded) {
      works = (1...Int.random(in: 1...Self.maximumRefunds, using: &numbers)).map { number in
        .refund(number: number, portion(of: lines, &numbers))
      }
    }
    if numbers.chance(habits.undone) { works.append(.cancellation) }
    if works.count > 1, numbers.chance(Self.rushedShare) { return [works] }
    return works.map { [$0] }
  }

  private func portion(
    of lines: [Int: Int], _ numbers: inout SeededNumbers
  ) -> OrderIntent.Portion {
    let chance = Double.random(in: 0..<1, using: &numbers)
    if chance < Self.wholeShare { return .everything }
    if chance < Self.wholeShare + Self.moneyShare {
      let most = lines.values.reduce(0, +) * SalePlan.price
      return .amount(Int.random(in: 1...max(1, most), using: &numbers))
    }
    var wanted: [Int: Int] = [:]
    for (sku, pieces) in lines.sorted(by: { $0.key < $1.key }) where numbers.chance(0.6) {
      wanted[sku] = Int.random(in: 1...pieces, using: &numbers)
    }
    return wanted.isEmpty ? .everything : .lines(wanted)
  }
}
