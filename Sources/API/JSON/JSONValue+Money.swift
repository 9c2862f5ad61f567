internal import Domain

extension JSONValue {
  /// A sum of money as the wire has it.
  init(_ money: Money) {
    self = ["amount": .integer(money.amount), "currency": .string(money.currency.rawValue)]
  }
}
